import { encodeUtf8, type Millis } from '../bytes/index.ts'
import {
  decodeOwnEntry,
  encodeEntry,
  eraseBody,
  idOfOrder,
  orderKeyOf,
  timeOfOrder,
  type EntryClass,
  type EntryId,
  type StoredEntry
} from './entry.ts'
import type { EntryStore, ShownEntry, StoreChange } from './entry-store.ts'
import {
  del,
  plainBytes,
  purgeRange,
  put,
  readRecords,
  recordOperation,
  TEXT_KEYS,
  type Database,
  type Operation
} from './level-database.ts'
import { CHAT_TABLES, CONTROL_TABLES, LevelSet } from './level-set.ts'

/** Above every order key. */
const TOP_ORDER = '~'

/** One room's entries and records; its layout is told in `level-storage.ts`. */
export class LevelEntries implements EntryStore {
  readonly records: EntryStore['records']
  readonly sets: Readonly<Record<EntryClass, LevelSet>>
  readonly #database: Database
  readonly #prefix: string
  readonly #write: (store: LevelEntries, change: StoreChange) => Promise<void>

  constructor(database: Database, room: string, write: (store: LevelEntries, change: StoreChange) => Promise<void>) {
    this.#database = database
    this.#prefix = roomPrefix(room)
    this.#write = write
    this.records = readRecords(database, this.#recordPrefix)
    this.sets = {
      control: new LevelSet(database, this.#prefix, CONTROL_TABLES),
      chat: new LevelSet(database, this.#prefix, CHAT_TABLES)
    }
  }

  async has(id: EntryId): Promise<boolean> {
    return (await this.#orderOf(id)) !== undefined
  }

  async get(id: EntryId): Promise<StoredEntry | undefined> {
    const order = await this.#orderOf(id)
    if (order === undefined) return undefined
    const stored = await this.#database.get<string, Uint8Array>(this.#key('e', order), TEXT_KEYS)
    return stored === undefined ? undefined : decodeOwnEntry(id, stored)
  }

  async load(ids: readonly EntryId[]): Promise<StoredEntry[]> {
    const orders = await this.#ordersOf(ids)
    return this.#entriesAt(orders.filter(order => order !== undefined))
  }

  async lacking(ids: readonly EntryId[]): Promise<EntryId[]> {
    const orders = await this.#ordersOf(ids)
    return ids.filter((_, index) => orders[index] === undefined)
  }

  async idsFrom(prefix: string, limit: number): Promise<EntryId[]> {
    const start = this.#key('i', '')
    const range = { gte: start + prefix, lt: `${start}${prefix}~`, limit, ...TEXT_KEYS }
    const keys = await this.#database.keys<string>(range).all()
    return keys.map(key => key.slice(start.length) as EntryId)
  }

  async newest(limit: number, before = TOP_ORDER): Promise<StoredEntry[]> {
    const start = this.#key('e', '')
    const range = { gte: start, lt: start + before, reverse: true, limit, ...TEXT_KEYS }
    const rows = await this.#database.iterator<string, Uint8Array>(range).all()
    return rows.map(([key, value]) => decodeAt(key, value))
  }

  async newestShown(limit: number, before = TOP_ORDER): Promise<ShownEntry[]> {
    const start = this.#key('m', '')
    const range = { gte: start, lt: start + before, reverse: true, limit, ...TEXT_KEYS }
    const rows = await this.#database.iterator<string, Uint8Array>(range).all()
    const orders = rows.map(([key]) => key.slice(start.length))
    const entries = await this.#entriesAt(orders)
    // Both tables are written together: each note has its entry.
    return entries.map((entry, index) => ({ entry, note: plainBytes(rows[index]?.[1] ?? new Uint8Array()) }))
  }

  async shownTime(place: number): Promise<Millis | undefined> {
    const start = this.#key('m', '')
    const range = { gte: start, lt: start + TOP_ORDER, reverse: true, limit: place + 1, ...TEXT_KEYS }
    const keys = await this.#database.keys<string>(range).all()
    const key = keys[place]
    return key === undefined ? undefined : timeOfOrder(key.slice(start.length))
  }

  async noteOf(id: EntryId): Promise<Uint8Array | undefined> {
    const order = await this.#orderOf(id)
    if (order === undefined) return undefined
    return plainBytes(await this.#database.get<string, Uint8Array>(this.#key('m', order), TEXT_KEYS))
  }

  commit(change: StoreChange): Promise<void> {
    return this.#write(this, change)
  }

  purge(prefix: string): Promise<void> {
    return purgeRange(this.#database, this.#recordPrefix + prefix)
  }

  /** All that these changes write, which go into one batch, in this order. */
  async operations(changes: readonly StoreChange[]): Promise<Operation[]> {
    const entries = await this.#missingOf(changes.flatMap(change => change.entries ?? []))
    const orders = new Map(entries.map(entry => [entry.id, orderKeyOf(entry)]))
    const dropped = await this.load(idsOf(changes, 'dropped'))
    return [
      ...entries.flatMap(entry => this.#entryOperations(entry)),
      ...(await this.#notes(changes, orders)),
      ...(await this.#erasures(changes)),
      ...dropped.flatMap(entry => this.#dropOperations(entry)),
      ...(await this.sets.control.change(ofClass('control', entries), ofClass('control', dropped))),
      ...(await this.sets.chat.change(ofClass('chat', entries), ofClass('chat', dropped))),
      ...changes.flatMap(({ records = [] }) => records.map(record => recordOperation(this.#recordPrefix, record)))
    ]
  }

  /** What `operations` gave is durable. */
  written(): void {
    for (const set of Object.values(this.sets)) set.written()
  }

  /** It could not be written. */
  notWritten(): void {
    for (const set of Object.values(this.sets)) set.forget()
  }

  async #entriesAt(orders: readonly string[]): Promise<StoredEntry[]> {
    const keys = orders.map(order => this.#key('e', order))
    const stored = await this.#database.getMany<string, Uint8Array>(keys, TEXT_KEYS)
    return orders.flatMap((order, index) => {
      const bytes = stored[index]
      return bytes === undefined ? [] : [decodeAt(order, bytes)]
    })
  }

  async #orderOf(id: EntryId): Promise<string | undefined> {
    const [order] = await this.#ordersOf([id])
    return order
  }

  #ordersOf(ids: readonly EntryId[]): Promise<(string | undefined)[]> {
    const keys = ids.map(id => this.#key('i', id))
    return this.#database.getMany<string, string>(keys, { ...TEXT_KEYS, valueEncoding: 'utf8' })
  }

  async #missingOf(entries: readonly StoredEntry[]): Promise<StoredEntry[]> {
    if (entries.length === 0) return []
    const unique = new Map(entries.map(entry => [entry.id, entry]))
    const missing = new Set(await this.lacking([...unique.keys()]))
    return [...unique.values()].filter(({ id }) => missing.has(id))
  }

  #entryOperations(entry: StoredEntry): Operation[] {
    const order = orderKeyOf(entry)
    return [put(this.#key('e', order), encodeEntry(entry)), put(this.#key('i', entry.id), encodeUtf8(order))]
  }

  async #notes(changes: readonly StoreChange[], added: ReadonlyMap<EntryId, string>): Promise<Operation[]> {
    const notes = new Map(changes.flatMap(({ shown }) => [...(shown ?? [])]))
    const operations = [...notes].map(async ([id, note]) => {
      const order = added.get(id) ?? (await this.#orderOf(id))
      return order === undefined ? [] : [put(this.#key('m', order), note)]
    })
    return (await Promise.all(operations)).flat()
  }

  async #erasures(changes: readonly StoreChange[]): Promise<Operation[]> {
    const whole = await this.load(idsOf(changes, 'erased'))
    return whole.map(entry => put(this.#key('e', orderKeyOf(entry)), encodeEntry(eraseBody(entry))))
  }

  #dropOperations(entry: StoredEntry): Operation[] {
    const order = orderKeyOf(entry)
    return [del(this.#key('e', order)), del(this.#key('i', entry.id)), del(this.#key('m', order))]
  }

  get #recordPrefix(): string {
    return `${this.#prefix}r!`
  }

  #key(table: 'e' | 'i' | 'm', name: string): string {
    return `${this.#prefix}${table}!${name}`
  }
}

export function roomPrefix(room: string): string {
  return `r!${room}!`
}

/** @param order its order key, or a key that ends in it */
function decodeAt(order: string, bytes: Uint8Array): StoredEntry {
  return decodeOwnEntry(idOfOrder(order), bytes)
}

function idsOf(changes: readonly StoreChange[], kind: 'dropped' | 'erased'): EntryId[] {
  return [...new Set(changes.flatMap(change => change[kind] ?? []))]
}

function ofClass(entryClass: EntryClass, entries: readonly StoredEntry[]): StoredEntry[] {
  return entries.filter(({ header }) => header.class === entryClass)
}
