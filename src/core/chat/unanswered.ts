import { CappedMap, type Clock, type Millis } from '../bytes/index.ts'
import type { RoomId } from '../encryption/index.ts'
import type { Listeners } from './listeners.ts'
import type { PeerEvent } from './peer.ts'
import type { RoomRecord } from './room-records.ts'

/** More than are kept connected at a time. */
const MAX_SILENT = 256
/** A page that has just begun knows no relay yet through which it could dial: so long it is too early to tell. */
const PATIENCE: Millis = 10_000

const WHAT_IT_TAKES =
  'It takes one member who is online and has a public address, is in your own network, or meets you at a relay that you both use. Still trying.'
const WHAT_ELSE = 'If others meet there without you, a new invite from one of them brings you back.'

function wordsOf({ name, kind }: RoomRecord): string {
  const words = `Nobody known in ${name} answers. ${WHAT_IT_TAKES}`
  return kind === 'private' ? `${words} ${WHAT_ELSE}` : words
}

interface RoomOfPeers {
  readonly record: RoomRecord
  readonly live: { readonly isAmongOthers: boolean }
}

/** Where nobody answers whom a room's members or link name; so much is told once, until somebody of the room is met. */
export class Unanswered {
  readonly #clock: Clock
  readonly #events: Listeners<PeerEvent>
  /** Since when peers have not answered. */
  readonly #silent = new CappedMap<string, Millis>(MAX_SILENT)
  readonly #told = new Set<RoomId>()

  constructor(clock: Clock, events: Listeners<PeerEvent>) {
    this.#clock = clock
    this.#events = events
  }

  met(room: RoomId, peer: string): void {
    this.#silent.delete(peer)
    this.#told.delete(room)
  }

  /** Nobody answers where this peer was: who is alone in a room because of that is told what it takes. */
  failed(peer: string, rooms: Iterable<RoomOfPeers>): void {
    this.#silent.set(peer, this.#silent.get(peer) ?? this.#clock.now())
    for (const { record, live } of rooms) {
      const known = record.remembered.map(each => each.peer)
      if (!known.includes(peer) || live.isAmongOthers || !this.#isNews(record.id, known)) continue
      const text = wordsOf(record)
      this.#events.emit({ event: 'warning', code: 'members-unreachable', room: record.id, text })
    }
  }

  /** Whether to tell now that none of these, who are all whom this room knows, answers. */
  #isNews(room: RoomId, known: readonly string[]): boolean {
    if (this.#told.has(room) || !known.every(peer => this.#hasBeenSilent(peer))) return false
    this.#told.add(room)
    return true
  }

  #hasBeenSilent(peer: string): boolean {
    const since = this.#silent.get(peer)
    return since !== undefined && this.#clock.now() - since >= PATIENCE
  }
}
