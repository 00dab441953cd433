import { CappedMap, type Clock, type Millis, type RandomBytes } from '../../bytes/index.ts'
import type { Identity, MemberId } from '../../identity/index.ts'
import type { EntryId } from '../../log/index.ts'
import type { PeerId } from '../../network/index.ts'
import { MINUTE } from '../rate-limit.ts'
import { nameless } from '../room/introductions.ts'
import type { Room } from '../room/room.ts'
import { MAX_FETCH_IDS } from './exchange-codec.ts'

export interface NamingDeps {
  readonly room: Pick<Room, 'state'>
  readonly identity: Identity
  readonly clock: Clock
  readonly random: RandomBytes
  readonly isMember: (peer: PeerId) => boolean
  /** Takes in whom the member introduces with these entries. */
  readonly fetch: (from: PeerId, ids: readonly EntryId[], context: number) => Promise<unknown>
  readonly named: (member: MemberId) => void
}

/** The member may not know these names, either. */
const PAUSE: Millis = 2 * MINUTE
/** More than are connected at a time. */
const MAX_ASKED = 256

/**
 * Asks members how others are called who never wrote, and were not met: who let them in heard it. Only when a sync has shown that all is
 * here that a member has, as most are introduced by that.
 */
export class Naming {
  readonly #deps: NamingDeps
  readonly #asked = new CappedMap<PeerId, { readonly count: number; readonly until: Millis }>(MAX_ASKED)

  constructor(deps: NamingDeps) {
    this.#deps = deps
  }

  /** All control entries that this member has are here. */
  async compared(peer: PeerId): Promise<void> {
    const { clock, isMember, fetch, named } = this.#deps
    const lacking = this.#nameless()
    const before = this.#asked.get(peer)
    const isAsked = before !== undefined && before.count === lacking.size && before.until > clock.now()
    if (lacking.size === 0 || isAsked || !isMember(peer)) return
    this.#asked.set(peer, { count: lacking.size, until: clock.now() + PAUSE })
    await fetch(peer, this.#some([...lacking.values()].flat()), 0)
    const left = this.#nameless()
    for (const member of lacking.keys()) if (!left.has(member)) named(member)
  }

  #nameless(): Map<MemberId, EntryId[]> {
    return nameless(this.#deps.room.state, this.#deps.identity.certificate.member)
  }

  /** Which come first is drawn: nobody may know some. */
  #some(ids: readonly EntryId[]): EntryId[] {
    const [high = 0, low = 0] = this.#deps.random(2)
    const start = ids.length > MAX_FETCH_IDS ? (high * 256 + low) % ids.length : 0
    return [...ids.slice(start), ...ids.slice(0, start)].slice(0, MAX_FETCH_IDS)
  }
}
