import type { InviteOptions, Peer } from '../../core/chat/index.ts'

export interface MadeInvite {
  readonly id: string
  readonly link: string
}

/** The invites that this tab made: who asks again on the same terms gets the same one, as long as it is open. */
export interface MadeInvites {
  get(room: string, terms: InviteOptions): Promise<MadeInvite>
}

export function createMadeInvites(peer: Peer): MadeInvites {
  const made = new Map<string, MadeInvite>()
  let last: Promise<unknown> = Promise.resolve()

  function openIds(room: string): Set<string> {
    const open = peer.privateRooms.invites(room).filter(({ state }) => state === 'open')
    return new Set(open.map(({ id }) => id))
  }

  async function make(room: string, terms: InviteOptions): Promise<MadeInvite> {
    const relays = peer.status().relays.map(({ address }) => address)
    const key = JSON.stringify([room, terms, relays])
    const before = openIds(room)
    const known = made.get(key)
    if (known !== undefined && before.has(known.id)) return known
    const link = await peer.privateRooms.invite(room, terms, location.origin + location.pathname)
    const invite = { link, id: [...openIds(room)].find(id => !before.has(id)) ?? '' }
    made.set(key, invite)
    return invite
  }

  return {
    // One after the other, so that each is told from the rest.
    get(room, terms) {
      const making = last.then(() => make(room, terms))
      last = making.catch(() => undefined)
      return making
    }
  }
}
