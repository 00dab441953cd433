import type { Clock } from '../bytes/index.ts'
import { DAY } from '../encryption/index.ts'
import type { MemberId } from '../identity/index.ts'
import type { EntryId } from '../log/index.ts'
import type { Listeners } from './listeners.ts'
import { KeeperReceipts } from './online/keeper-receipts.ts'
import type { Delivery, PeerEvent } from './peer.ts'
import type { Room } from './room/room.ts'
import { coversAll, type SequenceRanges } from './room/sequence-ranges.ts'
import type { RoomMessage } from './room/shown-messages.ts'

export interface OwnMessagesDeps {
  readonly room: Room
  readonly clock: Clock
  readonly events: Listeners<PeerEvent>
  readonly self: MemberId
  /** Other members to reach, of a private room; in an open one those who write. */
  readonly audience?: (() => ReadonlySet<MemberId>) | undefined
}

/** Own messages whose acknowledgements are told as events; older ones can still be asked for. */
const MAX_TRACKED = 1024

/** Where this device's messages in a room stand: which members have them, and which keepers. */
export class OwnMessages {
  readonly receipts = new KeeperReceipts()
  readonly #deps: OwnMessagesDeps
  readonly #tracked = new Map<EntryId, readonly number[]>()

  constructor(deps: OwnMessagesDeps) {
    this.#deps = deps
  }

  track({ id, ownSequences }: RoomMessage): void {
    if (ownSequences.length === 0) return
    this.#tracked.set(id, ownSequences)
    const oldest = this.#tracked.keys().next().value
    if (this.#tracked.size > MAX_TRACKED && oldest !== undefined) this.#tracked.delete(oldest)
  }

  /** Undefined when it is no message of this device, or an old one. */
  deliveryOf(id: EntryId): Delivery | undefined {
    const sequences = this.#tracked.get(id)
    return sequences && this.#delivery(sequences)
  }

  /** The number of keepers that said they store this own message. */
  keptBy(id: EntryId): number {
    const sequences = this.#tracked.get(id)
    return sequences === undefined ? 0 : this.receipts.count(sequences)
  }

  standing(sequences: readonly number[]): { readonly delivery: Delivery; readonly kept?: number } {
    const kept = this.receipts.count(sequences)
    return { delivery: this.#delivery(sequences), ...(kept > 0 && { kept }) }
  }

  /** Others have said what they hold of this device's entries. */
  async acknowledged(heard: ReadonlyMap<MemberId, SequenceRanges>): Promise<void> {
    const { room, events, self } = this.#deps
    const gains = await room.acknowledge(new Map([...heard].filter(([member]) => member !== self)))
    if (gains.length === 0) return
    const toReach = this.#toReach()
    for (const [id, sequences] of this.#tracked) {
      const isNews = gains.some(({ before, after }) => coversAll(after, sequences) && !coversAll(before, sequences))
      if (isNews) events.emit({ event: 'delivered', id, ...this.#delivery(sequences, toReach) })
    }
  }

  kept(keeper: string, held: SequenceRanges): void {
    const { room, events } = this.#deps
    const before = new Map([...this.#tracked.keys()].map(id => [id, this.keptBy(id)]))
    this.receipts.add(keeper, held, room.ownDevice?.last?.sequence ?? 0)
    for (const id of this.#tracked.keys()) {
      const by = this.keptBy(id)
      if (by !== before.get(id)) events.emit({ event: 'kept', id, by })
    }
  }

  #delivery(sequences: readonly number[], toReach = this.#toReach()): Delivery {
    const holders = this.#deps.room.state.deliveries.holders(sequences)
    if (this.#deps.audience === undefined) {
      return { to: holders.length, of: new Set([...holders, ...toReach]).size }
    }
    return { to: holders.filter(member => toReach.has(member)).length, of: toReach.size }
  }

  /** In a private room all other members; in an open one those who wrote in the last 24 hours, beside whoever else has it. */
  #toReach(): ReadonlySet<MemberId> {
    const { room, clock, self, audience } = this.#deps
    if (audience !== undefined) return audience()
    const since = clock.now() - DAY
    const { book } = room.state
    return new Set([...book.members().keys()].filter(member => member !== self && book.wroteAt(member) > since))
  }
}
