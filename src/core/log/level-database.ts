import type { Level } from 'level'
import { encodeUtf8, EnvironmentError, errorMessage } from '../bytes/index.ts'
import type { RecordChange, RecordStore } from './entry-store.ts'

/** A `Level` opened with `{ keyEncoding: 'view', valueEncoding: 'view' }`. */
export type Database = Level<Uint8Array, Uint8Array>

/** For reads and writes: LevelDB takes and gives keys as text for less than as bytes, which are the same. */
export const TEXT_KEYS = { keyEncoding: 'utf8' } as const

export type Operation = { type: 'put'; key: string; value: Uint8Array } | { type: 'del'; key: string }

export function put(key: string, value: Uint8Array): Operation {
  return { type: 'put', key, value }
}

export function del(key: string): Operation {
  return { type: 'del', key }
}

export async function openDatabase(database: Database): Promise<void> {
  try {
    await database.open()
  } catch (thrown) {
    const cause = thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown
    if (isLocked(cause)) throw new EnvironmentError('the data folder is in use by another process')
    throw new EnvironmentError(`the data folder cannot be opened: ${errorMessage(cause)}`)
  }
}

function isLocked(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'LEVEL_LOCKED'
}

/** As LevelDB, Node and IndexedDB say that there is no room. */
const FULL = /no space left|disk quota|quota ?exceeded/i

/** Writes all or nothing. `sync` makes LevelDB flush to disk before it answers; IndexedDB has no such option and ignores it. */
export async function writeDurably(database: Database, operations: Operation[]): Promise<void> {
  const options: object = { sync: true, ...TEXT_KEYS }
  try {
    await database.batch<string, Uint8Array>(operations, options)
  } catch (thrown) {
    const cause = thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown
    const reason = errorMessage(cause)
    const isFull = FULL.test(reason) || (cause instanceof Error && FULL.test(cause.name))
    const state = isFull ? 'is full: free some space' : `cannot be written: ${reason}`
    throw new EnvironmentError(`nothing was stored, because the storage of this device ${state}`, { cause })
  }
}

/** Rows deleted in one write: a room can be larger than what fits in memory. */
const DELETED_ROWS = 1000

/** Deletes all rows whose key starts with `prefix`, piece by piece. */
export async function deleteRange(database: Database, prefix: string): Promise<void> {
  const range = { gte: prefix, lt: `${prefix}~`, limit: DELETED_ROWS, ...TEXT_KEYS }
  for (;;) {
    const keys = await database.keys<string>(range).all()
    if (keys.length === 0) return
    await writeDurably(database, keys.map(del))
  }
}

interface Compactable {
  compactRange(start: Uint8Array, end: Uint8Array): Promise<void>
}

/** Rows deleted or overwritten below `prefix` go from LevelDB's files, too: some tenths of a second in a store of 200 MB. */
export async function purgeRange(database: Database, prefix: string): Promise<void> {
  if (canCompact(database)) await database.compactRange(encodeUtf8(prefix), encodeUtf8(`${prefix}\uffff`))
}

function canCompact(database: Database): database is Database & Compactable {
  return 'compactRange' in database
}

export function readRecords(database: Database, prefix: string): Omit<RecordStore, 'write'> {
  return {
    get: async name => plainBytes(await database.get<string, Uint8Array>(prefix + name, TEXT_KEYS)),
    async getMany(names) {
      const keys = names.map(name => prefix + name)
      return (await database.getMany<string, Uint8Array>(keys, TEXT_KEYS)).map(plainBytes)
    },
    async list(start, last) {
      const range = { gte: prefix + start, lt: `${prefix}${start}\uffff`, ...TEXT_KEYS }
      // LevelDB is slower backwards.
      const end = last === undefined ? {} : { reverse: true, limit: last }
      const rows = await database.iterator<string, Uint8Array>({ ...range, ...end }).all()
      if (last !== undefined) rows.reverse()
      return rows.map(([key, value]) => [key.slice(prefix.length), plainBytes(value)])
    }
  }
}

export function recordOperation(prefix: string, { name, value }: RecordChange): Operation {
  const key = prefix + name
  return value === undefined ? del(key) : put(key, value)
}

/** LevelDB answers with Node's `Buffer`, whose `slice` shares memory where that of a `Uint8Array` copies. */
export function plainBytes<B extends Uint8Array | undefined>(bytes: B): B | Uint8Array {
  return bytes === undefined ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
