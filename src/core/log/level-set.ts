import { CappedMap } from '../bytes/index.ts'
import { ChunkIndex } from './chunk-index.ts'
import {
  addSums,
  chunkOf,
  chunksOf,
  ChunkItems,
  decodeSum,
  encodeSum,
  itemOfKey,
  keyOfBound,
  MAX_CHUNK_ITEMS,
  NOTHING,
  subtractSums,
  sumOfKeys,
  syncKeyOf,
  TOP_KEY,
  type Chunk,
  type SyncKey
} from './chunks.ts'
import type { StoredEntry } from './entry.ts'
import { del, put, TEXT_KEYS, type Database, type Operation } from './level-database.ts'
import { boundBelow, type RangeSum, type SyncBound, type SyncItem, type SyncSet } from './sync/index.ts'

/** Chunks whose items are kept once read, 2 MB: a reconciliation comes back to the same few. */
const MAX_READ_CHUNKS = 64

/** Parts of fewer would differ too much in size. */
const MIN_PART_CHUNKS = 3

/** Letters of the tables for items and chunks. */
export interface SetTables {
  readonly items: string
  readonly chunks: string
}

export const CHAT_TABLES: SetTables = { items: 's', chunks: 'c' }
export const CONTROL_TABLES: SetTables = { items: 'S', chunks: 'C' }

/** What is counted once it is durable. */
interface Prepared {
  readonly index: ChunkIndex
  readonly changed: readonly SyncKey[]
  /** Of those of the changed chunks whose items are known. */
  readonly items: ReadonlyMap<SyncKey, ChunkItems>
}

/**
 * The set of one room's entries of one class, in rows that are written with the entries that they count. The chunks are in memory from
 * their first use on, the items are not.
 */
export class LevelSet implements SyncSet {
  readonly #database: Database
  readonly #prefix: string
  readonly #tables: SetTables
  #index: Promise<ChunkIndex> | undefined
  /** What `#index` came to. */
  #current: ChunkIndex | undefined
  #next: Prepared | undefined
  /** Items of chunks that were read, or are being read. */
  readonly #read = new CappedMap<SyncKey, ChunkItems | Promise<ChunkItems>>(MAX_READ_CHUNKS)

  constructor(database: Database, prefix: string, tables: SetTables) {
    this.#database = database
    this.#prefix = prefix
    this.#tables = tables
  }

  /**
   * What to write along with entries that come, none of which is here yet, and go, all of which are; `written` or
   * `forget` comes before the next call.
   */
  async change(added: readonly StoredEntry[], gone: readonly StoredEntry[]): Promise<Operation[]> {
    if (added.length + gone.length === 0) return []
    const before = await this.#loaded()
    const chunks = [...before.chunks]
    const [addedKeys, goneKeys] = [keysOf(added), keysOf(gone)]
    const addedTo = Map.groupBy(addedKeys, key => chunkOf(chunks, key))
    const goneFrom = Map.groupBy(goneKeys, key => chunkOf(chunks, key))
    const changed: Chunk[] = []
    const items = new Map<SyncKey, ChunkItems>()
    // From the last one on: those before it keep their places when it is split, or goes.
    const places = [...new Set([...addedTo.keys(), ...goneFrom.keys()])].sort((a, b) => b - a)
    for (const place of places) {
      const next = await this.#changed(before, place, addedTo.get(place) ?? [], goneFrom.get(place) ?? [])
      chunks.splice(place, 1, ...next.chunks)
      changed.push(...next.chunks)
      for (const [index, { lower }] of next.chunks.entries()) {
        const part = next.items?.between(lower, next.chunks[index + 1]?.lower ?? TOP_KEY)
        if (part !== undefined) items.set(lower, part)
      }
    }
    const left = new Set(changed.map(({ lower }) => lower))
    const lowers = places.flatMap(place => before.chunks[place]?.lower ?? [])
    const emptied = lowers.filter(lower => !left.has(lower))
    this.#next = { index: before.followedBy(chunks, places.at(-1) ?? 0), changed: [...left, ...emptied], items }
    return [
      ...addedKeys.map(key => put(this.#itemKey(key), new Uint8Array())),
      ...goneKeys.map(key => del(this.#itemKey(key))),
      ...changed.map(chunk => put(this.#chunkKey(chunk.lower), encodeSum(chunk))),
      ...emptied.map(lower => del(this.#chunkKey(lower)))
    ]
  }

  /** What was prepared is durable: only now is it counted. */
  written(): void {
    if (this.#next === undefined) return
    this.#current = this.#next.index
    this.#index = Promise.resolve(this.#current)
    for (const lower of this.#next.changed) this.#read.delete(lower)
    for (const [lower, items] of this.#next.items) this.#read.set(lower, items)
    this.#next = undefined
  }

  /** What was prepared could not be written. */
  forget(): void {
    this.#next = undefined
  }

  async sum(lower: SyncBound, upper: SyncBound): Promise<RangeSum> {
    const [from, to] = [keyOfBound(lower), keyOfBound(upper)]
    if (from >= to) return NOTHING
    const index = await this.#loaded()
    const [below, within] = await Promise.all([this.#below(index, from), this.#below(index, to)])
    return subtractSums(within, below)
  }

  async items(lower: SyncBound, upper: SyncBound, limit: number): Promise<SyncItem[]> {
    const [from, to] = [keyOfBound(lower), keyOfBound(upper)]
    const index = await this.#loaded()
    const place = chunkOf(index.chunks, from)
    // Of one chunk as of its sum: it was read for that, or is about to be.
    const isWithin = from < to && to <= index.endOf(place)
    const keys = isWithin ? (await this.#itemsOf(index, place)).between(from, to).keys : this.#keys(from, to, limit)
    return (await keys).slice(0, limit).map(itemOfKey)
  }

  async at(lower: SyncBound, upper: SyncBound, place: number): Promise<SyncItem | undefined> {
    const index = await this.#loaded()
    const rank = (await this.#countBelow(index, keyOfBound(lower))) + place
    if (rank >= index.total.count) return undefined
    const chunk = index.placeOfRank(rank)
    const key = (await this.#itemsOf(index, chunk)).keys[rank - index.before(chunk).count]
    return key === undefined || key >= keyOfBound(upper) ? undefined : itemOfKey(key)
  }

  /** Where chunks begin, if each part has a few of them. */
  async landmarks(lower: SyncBound, upper: SyncBound, parts: number): Promise<readonly SyncBound[] | undefined> {
    const { chunks } = await this.#loaded()
    const first = chunkOf(chunks, keyOfBound(lower))
    const inside = chunkOf(chunks, keyOfBound(upper)) - first
    if (inside < parts * MIN_PART_CHUNKS) return undefined
    const places = Array.from({ length: parts - 1 }, (_, part) => first + Math.floor((inside * (part + 1)) / parts))
    return places.flatMap(place => chunks[place] ?? []).map(chunk => boundBelow(itemOfKey(chunk.lower)))
  }

  /** The sum of all that is below this key. */
  async #below(index: ChunkIndex, key: SyncKey): Promise<RangeSum> {
    if (key === TOP_KEY) return index.total
    const place = chunkOf(index.chunks, key)
    const { lower } = index.chunks[place] ?? { lower: key }
    if (key <= lower) return index.before(place)
    return addSums(index.before(place), (await this.#itemsOf(index, place)).sumBelow(key))
  }

  async #countBelow(index: ChunkIndex, key: SyncKey): Promise<number> {
    const place = chunkOf(index.chunks, key)
    const before = index.before(place).count
    return key <= (index.chunks[place]?.lower ?? key)
      ? before
      : before + (await this.#itemsOf(index, place)).countBelow(key)
  }

  /**
   * The chunk after this, or those that it is split into; none when nothing is left in it, unless it is the first, which is
   * below all. With the items where these had been read: the newest chunk is written and compared all the time.
   */
  async #changed(
    index: ChunkIndex,
    place: number,
    added: readonly SyncKey[],
    gone: readonly SyncKey[]
  ): Promise<{ readonly chunks: Chunk[]; readonly items?: ChunkItems }> {
    const chunk = index.chunks[place] ?? { lower: '', ...NOTHING }
    const count = chunk.count + added.length - gone.length
    if (count === 0 && place > 0) return { chunks: [] }
    const isSplit = count > MAX_CHUNK_ITEMS
    const read = isSplit ? await this.#itemsOf(index, place) : this.#read.get(chunk.lower)
    // What is being read may be from before this write or after it, and no write waits for what it can do without.
    const items = read instanceof ChunkItems ? read.after(added, gone) : undefined
    if (isSplit && items !== undefined) return { chunks: chunksOf(chunk.lower, items.keys), items }
    const sum = addSums(subtractSums(chunk, sumOfKeys(gone)), sumOfKeys(added))
    return { chunks: [{ lower: chunk.lower, ...sum }], ...(items && { items }) }
  }

  async #itemsOf(index: ChunkIndex, place: number): Promise<ChunkItems> {
    const lower = index.chunks[place]?.lower ?? ''
    const read = this.#read.get(lower)
    if (read !== undefined) {
      this.#read.set(lower, read)
      return read
    }
    const items = this.#keys(lower, index.endOf(place)).then(keys => new ChunkItems(keys))
    // Of chunks that a write has changed meanwhile nothing is kept, nor of what could not be read.
    if (index === this.#current) {
      this.#read.set(lower, items)
      const isCurrent = (): boolean => this.#read.get(lower) === items
      items.then(
        read => isCurrent() && this.#read.set(lower, read),
        () => isCurrent() && this.#read.delete(lower)
      )
    }
    return items
  }

  #loaded(): Promise<ChunkIndex> {
    this.#index ??= this.#load().catch((thrown: unknown) => {
      this.#index = undefined
      throw thrown
    })
    return this.#index
  }

  async #load(): Promise<ChunkIndex> {
    const start = this.#chunkKey('')
    const range = { gte: start, lt: this.#chunkKey(TOP_KEY), ...TEXT_KEYS }
    const rows = await this.#database.iterator<string, Uint8Array>(range).all()
    const chunks = rows.map(([key, value]) => ({ lower: key.slice(start.length), ...decodeSum(value) }))
    this.#current = new ChunkIndex(chunks)
    return this.#current
  }

  async #keys(from: SyncKey, to: SyncKey, limit = -1): Promise<SyncKey[]> {
    const range = { gte: this.#itemKey(from), lt: this.#itemKey(to), limit, ...TEXT_KEYS }
    const keys = await this.#database.keys<string>(range).all()
    const start = this.#itemKey('').length
    return keys.map(key => key.slice(start))
  }

  #itemKey(key: SyncKey): string {
    return `${this.#prefix}${this.#tables.items}!${key}`
  }

  #chunkKey(lower: SyncKey): string {
    return `${this.#prefix}${this.#tables.chunks}!${lower}`
  }
}

function keysOf(entries: readonly StoredEntry[]): SyncKey[] {
  return entries.map(({ id, header }) => syncKeyOf({ ms: header.clock.ms, id })).sort()
}
