import { CappedMap, decodeUtf8, encodeUtf8, expectValue } from '../bytes/index.ts'
import { ChunkIndex } from './chunk-index.ts'
import {
  addSums,
  chunkOf,
  chunksOf,
  decodeSum,
  encodeSum,
  itemOfKey,
  keyOfBound,
  keysWithin,
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
import { del, put, type Database, type Operation } from './level-database.ts'
import type { RangeSum, SyncBound, SyncItem, SyncSet } from './sync/index.ts'

/** Chunks whose items are kept once read, 2 MB: a reconciliation comes back to the same few. */
const MAX_READ_CHUNKS = 64

/** Letters of the tables for items and chunks. */
export interface SetTables {
  readonly items: string
  readonly chunks: string
}

export const CHAT_TABLES: SetTables = { items: 's', chunks: 'c' }
export const CONTROL_TABLES: SetTables = { items: 'S', chunks: 'C' }

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
  #next: { readonly index: ChunkIndex; readonly changed: readonly SyncKey[] } | undefined
  readonly #read = new CappedMap<SyncKey, Promise<readonly SyncKey[]>>(MAX_READ_CHUNKS)

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
    // From the last one on: those before it keep their places when it is split, or goes.
    const places = [...new Set([...addedTo.keys(), ...goneFrom.keys()])].sort((a, b) => b - a)
    for (const place of places) {
      const next = await this.#changed(before, place, addedTo.get(place) ?? [], goneFrom.get(place) ?? [])
      chunks.splice(place, 1, ...next)
      changed.push(...next)
    }
    const left = new Set(changed.map(({ lower }) => lower))
    const lowers = places.flatMap(place => before.chunks[place]?.lower ?? [])
    const emptied = lowers.filter(lower => !left.has(lower))
    this.#next = { index: before.followedBy(chunks, places.at(-1) ?? 0), changed: [...left, ...emptied] }
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
    return (await this.#keys(keyOfBound(lower), keyOfBound(upper), limit)).map(itemOfKey)
  }

  async at(lower: SyncBound, upper: SyncBound, place: number): Promise<SyncItem | undefined> {
    const index = await this.#loaded()
    const rank = (await this.#below(index, keyOfBound(lower))).count + place
    if (rank >= index.total.count) return undefined
    const chunk = index.placeOfRank(rank)
    const key = (await this.#keysOf(index, chunk))[rank - index.before(chunk).count]
    return key === undefined || key >= keyOfBound(upper) ? undefined : itemOfKey(key)
  }

  /** The sum of all that is below this key. */
  async #below(index: ChunkIndex, key: SyncKey): Promise<RangeSum> {
    if (key === TOP_KEY) return index.total
    const place = chunkOf(index.chunks, key)
    const { lower } = index.chunks[place] ?? { lower: key }
    if (key <= lower) return index.before(place)
    return addSums(index.before(place), sumOfKeys(keysWithin(await this.#keysOf(index, place), lower, key)))
  }

  /** The chunk after this; none when nothing is left in it, unless it is the first, which is below all. */
  async #changed(
    index: ChunkIndex,
    place: number,
    added: readonly SyncKey[],
    gone: readonly SyncKey[]
  ): Promise<Chunk[]> {
    const chunk = index.chunks[place] ?? { lower: '', ...NOTHING }
    const count = chunk.count + added.length - gone.length
    if (count === 0 && place > 0) return []
    if (count <= MAX_CHUNK_ITEMS) {
      return [{ lower: chunk.lower, ...addSums(subtractSums(chunk, sumOfKeys(gone)), sumOfKeys(added)) }]
    }
    const left = new Set(gone)
    const here = (await this.#keysOf(index, place)).filter(key => !left.has(key))
    return chunksOf(chunk.lower, [...here, ...added].sort())
  }

  #keysOf(index: ChunkIndex, place: number): Promise<readonly SyncKey[]> {
    const lower = index.chunks[place]?.lower ?? ''
    const read = this.#read.get(lower)
    if (read !== undefined) return read
    const keys = this.#keys(lower, index.endOf(place))
    // Of chunks that a write has changed meanwhile nothing is kept, nor of what could not be read.
    if (index === this.#current) {
      this.#read.set(lower, keys)
      keys.catch(() => this.#read.delete(lower))
    }
    return keys
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
    const rows = await this.#database.iterator({ gte: start, lt: this.#chunkKey(TOP_KEY) }).all()
    const chunks = rows.map(([key, value]) => ({
      lower: expectValue(decodeUtf8(key.subarray(start.length))),
      ...decodeSum(value)
    }))
    this.#current = new ChunkIndex(chunks)
    return this.#current
  }

  async #keys(from: SyncKey, to: SyncKey, limit = -1): Promise<SyncKey[]> {
    const start = this.#itemKey(from)
    const keys = await this.#database.keys({ gte: start, lt: this.#itemKey(to), limit }).all()
    const skipped = this.#itemKey('').length
    return keys.map(key => expectValue(decodeUtf8(key.subarray(skipped))))
  }

  #itemKey(key: SyncKey): Uint8Array {
    return encodeUtf8(`${this.#prefix}${this.#tables.items}!${key}`)
  }

  #chunkKey(lower: SyncKey): Uint8Array {
    return encodeUtf8(`${this.#prefix}${this.#tables.chunks}!${lower}`)
  }
}

function keysOf(entries: readonly StoredEntry[]): SyncKey[] {
  return entries.map(({ id, header }) => syncKeyOf({ ms: header.clock.ms, id })).sort()
}
