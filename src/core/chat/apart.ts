import { every, type Clock, type Millis } from '../bytes/index.ts'
import type { RoomId } from '../encryption/index.ts'
import type { Network } from '../network/index.ts'
import type { Listeners } from './listeners.ts'
import type { LiveRoom } from './live-room.ts'
import type { PeerEvent, RoomSummary } from './peer.ts'
import type { RoomRecord } from './room-records.ts'

/** Who is connected for so long would have said hello. */
const PATIENCE: Millis = 60_000
const LOOK_PERIOD: Millis = 20_000

export interface RoomOfPeers {
  readonly record: Pick<RoomRecord, 'id' | 'remembered'>
  readonly live: LiveRoom
}

/**
 * Private rooms whose members are connected, and do not meet this device in them: it was away for more removals than members are met by, as
 * nothing in the room itself can tell it, or those left.
 */
export class Apart {
  readonly #network: Network
  readonly #clock: Clock
  /** Since when it has been so, as far as it was looked at. */
  readonly #since = new Map<RoomId, Millis>()
  readonly #rooms = new Set<RoomId>()
  readonly stop: () => void

  constructor(network: Network, clock: Clock, events: Listeners<PeerEvent>, rooms: () => Iterable<RoomOfPeers>) {
    this.#network = network
    this.#clock = clock
    this.stop = every(clock, LOOK_PERIOD, () => {
      for (const room of rooms()) {
        if (this.#look(room)) events.emit({ event: 'room', room: room.record.id, change: 'apart' })
      }
    })
  }

  of({ keys, isAmongOthers }: LiveRoom): Pick<RoomSummary, 'apart'> {
    return this.#rooms.has(keys.roomId) && !isAmongOthers ? { apart: true } : {}
  }

  /** Whether it is otherwise than before. */
  #look({ record: { id, remembered }, live }: RoomOfPeers): boolean {
    const connected = new Set<string>(this.#network.peers().map(({ peer }) => peer))
    const now = this.#clock.now()
    const isSo = isAlone(live) && remembered.some(({ peer }) => connected.has(peer))
    const since = isSo ? (this.#since.get(id) ?? now) : undefined
    if (since === undefined) this.#since.delete(id)
    else this.#since.set(id, since)
    const isLong = since !== undefined && now - since >= PATIENCE
    if (isLong === this.#rooms.has(id)) return false
    if (isLong) this.#rooms.add(id)
    else this.#rooms.delete(id)
    return true
  }
}

/** In a private room that goes on, and has others in it. Into a direct conversation nobody is invited back: who leaves it says so by letter. */
function isAlone({ membership, isAmongOthers }: LiveRoom): boolean {
  if (membership === undefined || isAmongOthers || membership.access().pair !== undefined) return false
  const { members, ended } = membership.summary()
  return members > 1 && ended === undefined
}
