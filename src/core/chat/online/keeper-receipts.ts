import { CappedMap } from '../../bytes/index.ts'
import { coversAll, coversSequence, mergeRanges, type SequenceRanges } from '../room/sequence-ranges.ts'

/** A room has a few; whoever knows its name can claim to be one. */
const MAX_KEEPERS = 64

/**
 * Which of this device's entries keepers, told apart by their device or PeerId, have said that they store. In memory only: a keeper says it again whenever it
 * is met.
 */
export class KeeperReceipts {
  readonly #held = new CappedMap<string, SequenceRanges>(MAX_KEEPERS)

  /** Takes a keeper's word up to sequence `last`: nobody can hold what was never written. */
  add(keeper: string, held: SequenceRanges, last: number): void {
    const possible = held.filter(range => range.from <= last).map(({ from, to }) => ({ from, to: Math.min(to, last) }))
    this.#held.set(keeper, mergeRanges(this.#held.get(keeper) ?? [], possible))
  }

  has(keeper: string, sequence: number): boolean {
    return coversSequence(this.#held.get(keeper) ?? [], sequence)
  }

  /** The number of keepers that have the entries of all these sequences. */
  count(sequences: readonly number[]): number {
    return [...this.#held.values()].filter(held => coversAll(held, sequences)).length
  }
}
