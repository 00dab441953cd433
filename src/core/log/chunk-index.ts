import { addSums, NOTHING, TOP_KEY, type Chunk, type SyncKey } from './chunks.ts'
import type { RangeSum } from './sync/index.ts'

/** All chunks of a set at one moment, with the sums up to each, so that any range's costs the reading of its ends. */
export class ChunkIndex {
  readonly chunks: readonly Chunk[]
  /** At each place the sum of the chunks before it; worked out as far as it was asked for. */
  readonly #before: RangeSum[]

  constructor(chunks: readonly Chunk[], before: RangeSum[] = [NOTHING]) {
    this.chunks = chunks
    this.#before = before
  }

  /** What comes after this when chunks from `place` on have changed. */
  followedBy(chunks: readonly Chunk[], place: number): ChunkIndex {
    return new ChunkIndex(chunks, this.#before.slice(0, place + 1))
  }

  before(place: number): RangeSum {
    for (let next = this.#before.length; next <= place; next += 1) {
      this.#before.push(addSums(this.#before[next - 1] ?? NOTHING, this.chunks[next - 1] ?? NOTHING))
    }
    return this.#before[place] ?? NOTHING
  }

  get total(): RangeSum {
    return this.before(this.chunks.length)
  }

  /** Where the chunk at this place ends: where the next begins. */
  endOf(place: number): SyncKey {
    return this.chunks[place + 1]?.lower ?? TOP_KEY
  }

  /** The place of the chunk that holds the item of this rank, counted from 0, which there is. */
  placeOfRank(rank: number): number {
    let [low, high] = [0, this.chunks.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.before(middle + 1).count <= rank) low = middle + 1
      else high = middle
    }
    return low
  }
}
