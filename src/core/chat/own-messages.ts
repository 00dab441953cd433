import type { Clock } from '../bytes/index.ts'
import { DAY } from '../encryption/index.ts'
import type { MemberId } from '../identity/index.ts'
import type { EntryId } from '../log/index.ts'
import type { Listeners } from './listeners.ts'
import { KeeperReceipts } from './online/keeper-receipts.ts'
import type { Delivery, PeerEvent } from './peer.ts'
import type { Room } from './room/room.ts'
import type { SequenceRanges } from './room/sequence-ranges.ts'
import type { RoomMessage } from './room/shown-messages.ts'

export interface OwnMessagesDeps {
  readonly room: Room
  readonly clock: Clock
  readonly events: Listeners<PeerEvent>
  readonly self: MemberId
  /** Other members to reach, of a private room; in an open one those who write. */
  readonly audience: (() => ReadonlySet<MemberId>) | undefined
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

  async acknowledged(member: MemberId, held: SequenceRanges): Promise<void> {
    const { room, events, self } = this.#deps
    if (member === self) return
    const before = new Map([...this.#tracked].map(([id, sequences]) => [id, this.#delivery(sequences).to]))
    if (!(await room.acknowledge(member, held))) return
    for (const [id, sequences] of this.#tracked) {
      const delivery = this.#delivery(sequences)
      if (delivery.to !== before.get(id)) events.emit({ event: 'delivered', id, ...delivery })
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

  /** In an open room the members to reach are those who wrote in the last 24 hours, and whoever else has it. */
  #delivery(sequences: readonly number[]): Delivery {
    const { room, clock, self, audience } = this.#deps
    const holders = room.state.deliveries.holders(sequences)
    if (audience !== undefined) {
      const others = audience()
      return { to: holders.filter(member => others.has(member)).length, of: others.size }
    }
    const since = clock.now() - DAY
    const writers = [...room.state.book.members().values()].filter(each => each.member !== self && each.wroteAt > since)
    return { to: holders.length, of: new Set([...holders, ...writers.map(each => each.member)]).size }
  }
}
