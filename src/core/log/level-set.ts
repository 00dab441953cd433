import { CappedMap, decodeUtf8, encodeUtf8, expectValue } from '../bytes/index.ts'
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
const NOTHING: RangeSum = { count: 0, sum: 0n }

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
  #chunks: Promise<readonly Chunk[]> | undefined
  /** Those that `#chunks` came to. */
  #current: readonly Chunk[] | undefined
  #next: { readonly chunks: readonly Chunk[]; readonly changed: readonly SyncKey[] } | undefined
  readonly #read = new CappedMap<SyncKey, readonly SyncKey[]>(MAX_READ_CHUNKS)

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
    const chunks = [...before]
    const [addedKeys, goneKeys] = [keysOf(added), keysOf(gone)]
    const addedTo = Map.groupBy(addedKeys, key => chunkOf(chunks, key))
    const goneFrom = Map.groupBy(goneKeys, key => chunkOf(chunks, key))
    const changed: Chunk[] = []
    // From the last one on: those before it keep their places when it is split, or goes.
    for (const place of [...new Set([...addedTo.keys(), ...goneFrom.keys()])].sort((a, b) => b - a)) {
      const next = await this.#changed(chunks, place, addedTo.get(place) ?? [], goneFrom.get(place) ?? [])
      chunks.splice(place, 1, ...next)
      changed.push(...next)
    }
    const left = new Set(chunks.map(({ lower }) => lower))
    const emptied = before.flatMap(({ lower }) => (left.has(lower) ? [] : [lower]))
    this.#next = { chunks, changed: [...changed.map(({ lower }) => lower), ...emptied] }
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
    this.#current = this.#next.chunks
    this.#chunks = Promise.resolve(this.#current)
    for (const lower of this.#next.changed) this.#read.delete(lower)
    this.#next = undefined
  }

  /** What was prepared could not be written. */
  forget(): void {
    this.#next = undefined
  }

  async sum(lower: SyncBound, upper: SyncBound): Promise<RangeSum> {
    return this.#sum(keyOfBound(lower), keyOfBound(upper))
  }

  async items(lower: SyncBound, upper: SyncBound, limit: number): Promise<SyncItem[]> {
    return (await this.#keys(keyOfBound(lower), keyOfBound(upper), limit)).map(itemOfKey)
  }

  async at(lower: SyncBound, upper: SyncBound, place: number): Promise<SyncItem | undefined> {
    const chunks = await this.#loaded()
    let left = place + (await this.#sum('', keyOfBound(lower))).count
    for (const [index, chunk] of chunks.entries()) {
      if (left >= chunk.count) left -= chunk.count
      else {
        const key = (await this.#keysOf(chunks, index))[left]
        return key === undefined || key >= keyOfBound(upper) ? undefined : itemOfKey(key)
      }
    }
    return undefined
  }

  async #sum(from: SyncKey, to: SyncKey): Promise<RangeSum> {
    if (from >= to) return NOTHING
    const chunks = await this.#loaded()
    let total = NOTHING
    for (let place = chunkOf(chunks, from); place < chunks.length; place += 1) {
      const chunk = chunks[place]
      if (chunk === undefined || chunk.lower >= to) break
      const end = endOf(chunks, place)
      const isWhole = from <= chunk.lower && end <= to
      const part = isWhole ? chunk : sumOfKeys(keysWithin(await this.#keysOf(chunks, place), from, to))
      total = addSums(total, part)
    }
    return total
  }

  /** The chunk after this; none when nothing is left in it, unless it is the first, which is below all. */
  async #changed(
    chunks: readonly Chunk[],
    place: number,
    added: readonly SyncKey[],
    gone: readonly SyncKey[]
  ): Promise<Chunk[]> {
    const chunk = chunks[place] ?? { lower: '', ...NOTHING }
    const count = chunk.count + added.length - gone.length
    if (count === 0 && place > 0) return []
    if (count <= MAX_CHUNK_ITEMS) {
      return [{ lower: chunk.lower, ...addSums(subtractSums(chunk, sumOfKeys(gone)), sumOfKeys(added)) }]
    }
    const left = new Set(gone)
    const here = (await this.#keysOf(chunks, place)).filter(key => !left.has(key))
    return chunksOf(chunk.lower, [...here, ...added].sort())
  }

  async #keysOf(chunks: readonly Chunk[], place: number): Promise<readonly SyncKey[]> {
    const lower = chunks[place]?.lower ?? ''
    const read = this.#read.get(lower)
    if (read !== undefined) return read
    const keys = await this.#keys(lower, endOf(chunks, place))
    // Of chunks that a write has changed meanwhile, or is about to change, nothing is kept.
    if (chunks === this.#current) this.#read.set(lower, keys)
    return keys
  }

  #loaded(): Promise<readonly Chunk[]> {
    this.#chunks ??= this.#load().catch((thrown: unknown) => {
      this.#chunks = undefined
      throw thrown
    })
    return this.#chunks
  }

  async #load(): Promise<Chunk[]> {
    const start = this.#chunkKey('')
    const rows = await this.#database.iterator({ gte: start, lt: this.#chunkKey(TOP_KEY) }).all()
    const chunks = rows.map(([key, value]) => ({
      lower: expectValue(decodeUtf8(key.subarray(start.length))),
      ...decodeSum(value)
    }))
    this.#current = chunks
    return chunks
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

/** Where the chunk at this place ends: where the next begins. */
function endOf(chunks: readonly Chunk[], place: number): SyncKey {
  return chunks[place + 1]?.lower ?? TOP_KEY
}

function keysOf(entries: readonly StoredEntry[]): SyncKey[] {
  return entries.map(({ id, header }) => syncKeyOf({ ms: header.clock.ms, id })).sort()
}
