import type { Level } from 'level'
import { decodeUtf8, encodeUtf8, EnvironmentError, errorMessage, expectValue } from '../bytes/index.ts'
import { decodeEntry, encodeEntry, orderKeyOf, type Entry, type EntryId } from './entry.ts'
import type { EntryStore, RecordChange, RecordStore, Storage, StoreChange } from './entry-store.ts'
import { GroupCommit } from './group-commit.ts'

/** A `Level` opened with `{ keyEncoding: 'view', valueEncoding: 'view' }`. */
export type Database = Level<Uint8Array, Uint8Array>

type Operation = { type: 'put'; key: Uint8Array; value: Uint8Array } | { type: 'del'; key: Uint8Array }

/** Raised with each change of the layout below; a store of a higher version is refused, not touched. */
const SCHEMA_VERSION = 1
const SCHEMA_RECORD = 'schema'

/**
 * Storage on one LevelDB:
 *
 * | key | value |
 * |---|---|
 * | `p!` name | a record of the peer |
 * | `r!` room `!r!` name | a record of the room |
 * | `r!` room `!i!` id | order key of the entry |
 * | `r!` room `!e!` order key | the entry |
 *
 * (Rooms, ids and order keys are in hex, so that names never collide and order is the bytes' own.)
 *
 * @throws EnvironmentError when the database is in use, of a newer version, or cannot be read or written
 */
export async function openStorage(database: Database): Promise<Storage> {
  await openDatabase(database)
  const group = new GroupCommit<Operation>(operations => writeDurably(database, operations))
  const records = recordStore(database, 'p!', operations => group.add(operations))
  await checkSchema(records).catch(async (thrown: unknown) => {
    await database.close()
    throw thrown
  })
  return {
    records,
    room: id => entryStore(database, `r!${id}!`, operations => group.add(operations)),
    async close() {
      await group.idle()
      await database.close()
    }
  }
}

async function openDatabase(database: Database): Promise<void> {
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

async function checkSchema(records: RecordStore): Promise<void> {
  const stored = await records.get(SCHEMA_RECORD)
  if (stored === undefined) {
    return records.write([{ name: SCHEMA_RECORD, value: encodeUtf8(String(SCHEMA_VERSION)) }])
  }
  const version = Number(expectValue(decodeUtf8(stored)))
  if (version > SCHEMA_VERSION) {
    throw new EnvironmentError(
      `the data folder was written by a newer version (layout ${version}, this one knows ${SCHEMA_VERSION}): update Starling`
    )
  }
}

/** `sync` makes LevelDB flush to disk before it answers; IndexedDB has no such option and ignores it. */
async function writeDurably(database: Database, operations: Operation[]): Promise<void> {
  const options: object = { sync: true }
  try {
    await database.batch(operations, options)
  } catch (thrown) {
    const cause = thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown
    throw new EnvironmentError(
      `nothing was stored, because the storage of this device cannot be written: ${errorMessage(cause)}`
    )
  }
}

type Write = (operations: Operation[]) => Promise<void>

function recordStore(database: Database, prefix: string, write: Write): RecordStore {
  return {
    get: async name => plainBytes(await database.get(encodeUtf8(prefix + name))),
    async list(start) {
      const range = { gte: encodeUtf8(prefix + start), lt: encodeUtf8(`${prefix}${start}\uffff`) }
      const rows = await database.iterator(range).all()
      return rows.map(([key, value]) => [expectValue(decodeUtf8(key)).slice(prefix.length), plainBytes(value)])
    },
    write: changes => write(changes.map(change => recordOperation(prefix, change)))
  }
}

function recordOperation(prefix: string, { name, value }: RecordChange): Operation {
  const key = encodeUtf8(prefix + name)
  return value === undefined ? { type: 'del', key } : { type: 'put', key, value }
}

function entryStore(database: Database, prefix: string, write: Write): EntryStore {
  const idKey = (id: EntryId): Uint8Array => encodeUtf8(`${prefix}i!${id}`)
  const entryKey = (order: string): Uint8Array => encodeUtf8(`${prefix}e!${order}`)
  return {
    records: recordStore(database, `${prefix}r!`, write),
    has: async id => (await database.get(idKey(id))) !== undefined,
    async get(id) {
      const order = await database.get(idKey(id))
      if (order === undefined) return undefined
      const stored = await database.get(entryKey(expectValue(decodeUtf8(order))))
      return stored === undefined ? undefined : expectValue(decodeEntry(plainBytes(stored)))
    },
    async newest(limit, before = '~') {
      const range = { gte: entryKey(''), lt: entryKey(before), reverse: true, limit }
      const stored = await database.values(range).all()
      return stored.map(bytes => expectValue(decodeEntry(plainBytes(bytes))))
    },
    commit: change => write(changeOperations(change))
  }

  function changeOperations({ entries = [], records = [] }: StoreChange): Operation[] {
    return [...entries.flatMap(entryOperations), ...records.map(record => recordOperation(`${prefix}r!`, record))]
  }

  function entryOperations(entry: Entry): Operation[] {
    const order = orderKeyOf(entry)
    return [
      { type: 'put', key: entryKey(order), value: encodeEntry(entry) },
      { type: 'put', key: idKey(entry.id), value: encodeUtf8(order) }
    ]
  }
}

/** LevelDB answers with Node's `Buffer`, whose `slice` shares memory where that of a `Uint8Array` copies. */
function plainBytes<B extends Uint8Array | undefined>(bytes: B): B | Uint8Array {
  return bytes === undefined ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
