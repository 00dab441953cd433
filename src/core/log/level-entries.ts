import { decodeUtf8, encodeUtf8, expectValue } from '../bytes/index.ts'
import { decodeEntry, encodeEntry, orderKeyOf, type Entry, type EntryId } from './entry.ts'
import type { EntryStore, StoreChange } from './entry-store.ts'
import { plainBytes, put, readRecords, recordOperation, type Database, type Operation } from './level-database.ts'
import { LevelSet } from './level-set.ts'

const NO_BYTES = new Uint8Array()
/** Above every order key. */
const TOP_ORDER = '~'

/** One room's entries and records; its layout is told in `level-storage.ts`. */
export class LevelEntries implements EntryStore {
  readonly records: EntryStore['records']
  readonly set: LevelSet
  readonly #database: Database
  readonly #prefix: string
  readonly #write: (store: LevelEntries, change: StoreChange) => Promise<void>

  constructor(database: Database, room: string, write: (store: LevelEntries, change: StoreChange) => Promise<void>) {
    this.#database = database
    this.#prefix = roomPrefix(room)
    this.#write = write
    this.records = readRecords(database, this.#recordPrefix)
    this.set = new LevelSet(database, this.#prefix)
  }

  async has(id: EntryId): Promise<boolean> {
    return (await this.#database.get(this.#key('i', id))) !== undefined
  }

  async get(id: EntryId): Promise<Entry | undefined> {
    const order = await this.#database.get(this.#key('i', id))
    if (order === undefined) return undefined
    const stored = await this.#database.get(this.#key('e', expectValue(decodeUtf8(order))))
    return stored === undefined ? undefined : expectValue(decodeEntry(plainBytes(stored)))
  }

  async newest(limit: number, before = TOP_ORDER): Promise<Entry[]> {
    const range = { gte: this.#key('e', ''), lt: this.#key('e', before), reverse: true, limit }
    const stored = await this.#database.values(range).all()
    return stored.map(bytes => expectValue(decodeEntry(plainBytes(bytes))))
  }

  async newestShown(limit: number, before = TOP_ORDER): Promise<Entry[]> {
    const start = this.#key('m', '')
    const keys = await this.#database.keys({ gte: start, lt: this.#key('m', before), reverse: true, limit }).all()
    const orders = keys.map(key => expectValue(decodeUtf8(key.subarray(start.length))))
    const stored = await this.#database.getMany(orders.map(order => this.#key('e', order)))
    return stored.flatMap(bytes => (bytes === undefined ? [] : [expectValue(decodeEntry(plainBytes(bytes)))]))
  }

  commit(change: StoreChange): Promise<void> {
    return this.#write(this, change)
  }

  /** All that these changes write, which go into one batch, in this order. */
  async operations(changes: readonly StoreChange[]): Promise<Operation[]> {
    const shown = new Set(changes.flatMap(change => change.shown ?? []))
    const entries = await this.#missingOf(changes.flatMap(change => change.entries ?? []))
    return [
      ...entries.flatMap(entry => this.#entryOperations(entry, shown.has(entry.id))),
      ...(await this.set.additions(entries)),
      ...changes.flatMap(({ records = [] }) => records.map(record => recordOperation(this.#recordPrefix, record)))
    ]
  }

  async #missingOf(entries: readonly Entry[]): Promise<Entry[]> {
    if (entries.length === 0) return []
    const unique = [...new Map(entries.map(entry => [entry.id, entry])).values()]
    const here = await this.#database.getMany(unique.map(({ id }) => this.#key('i', id)))
    return unique.filter((_, index) => here[index] === undefined)
  }

  #entryOperations(entry: Entry, isShown: boolean): Operation[] {
    const order = orderKeyOf(entry)
    const operations = [
      put(this.#key('e', order), encodeEntry(entry)),
      put(this.#key('i', entry.id), encodeUtf8(order))
    ]
    return isShown ? [...operations, put(this.#key('m', order), NO_BYTES)] : operations
  }

  get #recordPrefix(): string {
    return `${this.#prefix}r!`
  }

  #key(table: 'e' | 'i' | 'm', name: string): Uint8Array {
    return encodeUtf8(`${this.#prefix}${table}!${name}`)
  }
}

export function roomPrefix(room: string): string {
  return `r!${room}!`
}
