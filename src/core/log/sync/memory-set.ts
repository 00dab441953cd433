import type { EntryId } from '../entry.ts'
import type { RangeSum, SyncBound, SyncItem, SyncSet } from './sync-set.ts'

/** A `SyncSet` of items in memory, with running sums: a range costs no more than a short one. */
export class MemorySet implements SyncSet {
  readonly #items: readonly SyncItem[]
  readonly #ids: ReadonlySet<EntryId>
  /** The sum of the items before each place, made when first asked for. */
  #sums: bigint[] | undefined

  constructor(items: Iterable<SyncItem>) {
    this.#items = [...items].toSorted((a, b) => a.ms - b.ms || (a.id < b.id ? -1 : 1))
    this.#ids = new Set(this.#items.map(({ id }) => id))
  }

  get size(): number {
    return this.#items.length
  }

  has(id: EntryId): boolean {
    return this.#ids.has(id)
  }

  async sum(lower: SyncBound, upper: SyncBound): Promise<RangeSum> {
    const [from, to] = this.#places(lower, upper)
    this.#sums ??= runningSums(this.#items)
    const difference = (this.#sums[to] ?? 0n) - (this.#sums[from] ?? 0n)
    return { count: to - from, sum: BigInt.asUintN(256, difference) }
  }

  async items(lower: SyncBound, upper: SyncBound, limit: number): Promise<SyncItem[]> {
    const [from, to] = this.#places(lower, upper)
    return this.#items.slice(from, Math.min(to, from + limit))
  }

  async at(lower: SyncBound, upper: SyncBound, place: number): Promise<SyncItem | undefined> {
    const [from, to] = this.#places(lower, upper)
    return from + place < to ? this.#items[from + place] : undefined
  }

  #places(lower: SyncBound, upper: SyncBound): [from: number, to: number] {
    const from = this.#placeOf(lower)
    return [from, Math.max(from, this.#placeOf(upper))]
  }

  #placeOf({ ms, prefix }: SyncBound): number {
    const id = prefix.padEnd(64, '0')
    let [low, high] = [0, this.#items.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      const item = this.#items[middle]
      if (item !== undefined && (item.ms < ms || (item.ms === ms && item.id < id))) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** Ids are little-endian numbers. */
function runningSums(items: readonly SyncItem[]): bigint[] {
  const sums = [0n]
  let sum = 0n
  for (const { id } of items) {
    const bytes = id.match(/../g) ?? []
    sum = BigInt.asUintN(256, sum + BigInt(`0x${bytes.reverse().join('')}`))
    sums.push(sum)
  }
  return sums
}
