import { NotAllowedError, UsageError, type Clock, type RandomBytes } from '../bytes/index.ts'
import { loadGroupKeys, parseRoomName, signedWordsOf, type OperationId } from '../encryption/index.ts'
import { signingKey, type Identity, type MemberId } from '../identity/index.ts'
import type { Storage } from '../log/index.ts'
import { groupOf, membershipOf } from './group-of.ts'
import { decodeLink, encodeJoinLink } from './invite-link.ts'
import type { LiveRoom } from './live-room.ts'
import type { Membership } from './membership.ts'
import type { OwnRooms } from './own-rooms.ts'
import type { PeerEvent, RoomSummary } from './peer.ts'
import type { InviteOptions, InviteSummary, MemberRole, PrivateRooms, SharedHistory } from './private-rooms.ts'
import type { Listeners } from './listeners.ts'
import { foundRoom } from './room/found-room.ts'
import { whenTold } from './when-told.ts'

export interface OwnPrivateRoomsDeps {
  readonly storage: Storage
  readonly clock: Clock
  readonly random: RandomBytes
  readonly identity: Identity
  readonly rooms: OwnRooms
  readonly events: Listeners<PeerEvent>
  /** Of this peer, for links. */
  readonly addresses: () => readonly string[]
}

const WEEK = 7 * 24 * 3_600_000
/** The whole of an id, or enough of its start to name it. */
const INVITE_ID = /^[0-9a-f]{6,64}$/
/** As far as Unix milliseconds go on the wire. */
const LATEST = 2 ** 48 - 1

/** What this device does in its private rooms. */
export class OwnPrivateRooms implements PrivateRooms {
  readonly #deps: OwnPrivateRoomsDeps

  constructor(deps: OwnPrivateRoomsDeps) {
    this.#deps = deps
  }

  async create(text: string, { history = 'joined' }: { readonly history?: SharedHistory } = {}): Promise<RoomSummary> {
    const name = parseRoomName(text)
    if (!name.ok) throw new UsageError(name.error)
    const groupKeys = await loadGroupKeys()
    const id = await foundRoom({ ...this.#deps, groupKeys }, { name: name.value, history })
    return this.#deps.rooms.enterPrivate({ id, name: name.value, kind: 'private', remembered: [] })
  }

  async invite(room: string, options: InviteOptions = {}, webAddress?: string): Promise<string> {
    const { live } = this.#deps.rooms.find(room)
    groupOf(live)
    return this.inviteInto(live, options, webAddress)
  }

  /** The same for a room that may be a direct conversation. */
  async inviteInto(live: LiveRoom, options: InviteOptions, webAddress?: string): Promise<string> {
    const { role = 'member', lasts = WEEK, uses = Number.POSITIVE_INFINITY } = options
    const { clock, random, addresses } = this.#deps
    const seed = random(32)
    const { publicKey: inviteKey } = await signingKey(seed)
    const expires = Math.min(clock.now() + lasts, LATEST)
    const taken = await membershipOf(live).operate(control =>
      control.say({ kind: 'invite', role, expires, uses }, { inviteKey })
    )
    const [entry] = taken.control
    const { roomId, name, epochs } = live.keys
    const key = entry && epochs.contentKey('control', entry.header.epoch)
    const words = entry && key && signedWordsOf(key, entry)
    if (entry === undefined || words === undefined) throw new Error('an invite that was not written')
    const invite = entry.id as string as OperationId
    return encodeJoinLink({ roomId, name, seed, invite, words, addresses: addresses() }, webAddress)
  }

  invites(room: string): InviteSummary[] {
    return groupOf(this.#deps.rooms.find(room).live).invites()
  }

  async revoke(text: string): Promise<RoomSummary> {
    const id = this.#inviteId(text)
    const live = this.#groups().find(({ membership }) => membership?.invites().some(each => each.id === id))
    if (live === undefined) throw new UsageError('this invite leads into none of your rooms')
    await membershipOf(live).operate(control => control.say({ kind: 'revoke', invite: id as OperationId }))
    return this.#deps.rooms.summaryOf(live.keys.roomId)
  }

  async remove(room: string, member: string, { ban = false }: { readonly ban?: boolean } = {}): Promise<void> {
    const membership = groupOf(this.#deps.rooms.find(room).live)
    await membership.remove(this.#other(membership, member), ban)
  }

  async removeDevice(room: string, member: string, device: string): Promise<void> {
    const { live } = this.#deps.rooms.find(room)
    const membership = membershipOf(live)
    const of = membership.find(member)
    if (of !== this.#deps.identity.certificate.member) groupOf(live)
    await membership.removeDevice(of, device)
  }

  async setRole(room: string, member: string, role: MemberRole): Promise<void> {
    const membership = groupOf(this.#deps.rooms.find(room).live)
    await membership.setRole(membership.find(member), role)
  }

  async close(room: string): Promise<void> {
    await groupOf(this.#deps.rooms.find(room).live).operate(control => control.say({ kind: 'close' }))
  }

  async admitted(room: string, signal: AbortSignal): Promise<RoomSummary> {
    const { rooms, events } = this.#deps
    const { id } = rooms.summaryOf(room)
    const isNews = (event: PeerEvent): boolean =>
      (event.event === 'room' || event.event === 'member') && event.room === id
    return whenTold(events, isNews, signal, async () => {
      const summary = rooms.summaryOf(id)
      const { joining, returning, role } = summary
      for (const each of [joining, returning]) if (typeof each === 'object') throw new NotAllowedError(each.refused)
      // Who comes back has from before that it was out, or in, until it hears of the rest.
      return role === undefined || returning !== undefined ? undefined : summary
    })
  }

  async handedOn(room: string, signal: AbortSignal): Promise<void> {
    const { rooms, events } = this.#deps
    const { keys } = rooms.find(room).live
    const isNews = (event: PeerEvent): boolean =>
      (event.event === 'member' && event.change === 'online' && event.room === keys.roomId) ||
      (event.event === 'caught-up' && event.room === keys.roomId)
    await whenTold(events, isNews, signal, async () => {
      const isHandedOn = await rooms.find(keys.roomId).live.link?.syncs.handOn(signal)
      return isHandedOn === true ? true : undefined
    })
  }

  #inviteId(text: string): string {
    if (INVITE_ID.test(text)) return this.#inviteOf(text)
    const link = decodeLink(text, 0)
    if (!link.ok) throw new UsageError(link.error)
    if (link.value.kind === 'open')
      throw new UsageError('this link leads into an open room: nobody can make it useless')
    return link.value.invite
  }

  /** The invite here whose id begins so. */
  #inviteOf(start: string): string {
    const all = this.#groups().flatMap(({ membership }) => membership?.invites() ?? [])
    const [found, another] = all.filter(({ id }) => id.startsWith(start))
    if (another !== undefined) throw new UsageError(`more than one invite begins with ${start}: give more of its id`)
    return found?.id ?? start
  }

  /** The link into a direct conversation is no invite of its members' making. */
  #groups(): LiveRoom[] {
    return this.#deps.rooms.live().filter(({ membership }) => membership?.access().pair === undefined)
  }

  #other(membership: Membership, reference: string): MemberId {
    const member = membership.find(reference)
    if (member === this.#deps.identity.certificate.member) throw new UsageError('to go yourself, leave the room')
    return member
  }
}
