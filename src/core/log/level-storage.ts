import { decodeUtf8, encodeUtf8, EnvironmentError, expectValue } from '../bytes/index.ts'
import type { RecordStore, Storage, StoreChange } from './entry-store.ts'
import { GroupCommit } from './group-commit.ts'
import {
  deleteRange,
  openDatabase,
  purgeRange,
  readRecords,
  recordOperation,
  writeDurably,
  type Database,
  type Operation
} from './level-database.ts'
import { LevelEntries, roomPrefix } from './level-entries.ts'
import { migrateFrom1 } from './level-migration.ts'

/** Raised with each change of the layout below; a store of a higher version is refused, not touched. */
const SCHEMA_VERSION = 4
const SCHEMA_RECORD = 'schema'
const PEER_PREFIX = 'p!'

/** One caller's part of a write: operations as they are, or a change of a room, of which the store makes them. */
type Part = readonly Operation[] | { readonly store: LevelEntries; readonly change: StoreChange }

/**
 * Storage on one LevelDB:
 *
 * | key | value |
 * |---|---|
 * | `p!` name | a record of the peer |
 * | `r!` room `!r!` name | a record of the room |
 * | `r!` room `!i!` id | order key of the entry |
 * | `r!` room `!e!` order key | the entry; its header alone when its body was erased |
 * | `r!` room `!m!` order key | a note, mostly nothing: the entry is shown as a message |
 * | `r!` room `!s!` ms, id | nothing: an item of the set (`level-set.ts`) |
 * | `r!` room `!c!` ms, id | count and sum of the items from here to the next chunk |
 * | `r!` room `!S!`, `!C!` ms, id | the same of the control class |
 *
 * (Rooms, ids, ms and order keys are in hex, so that names never collide and order is the bytes' own.)
 *
 * @throws EnvironmentError when the database is in use, of a newer version, or cannot be read or written
 */
export async function openStorage(database: Database): Promise<Storage> {
  await openDatabase(database)
  const rooms = new Map<string, LevelEntries>()
  const group = new GroupCommit<Part>(parts => writeTogether(database, parts))
  const records: RecordStore = {
    ...readRecords(database, PEER_PREFIX),
    write: changes => group.add([changes.map(change => recordOperation(PEER_PREFIX, change))])
  }
  await checkSchema(database, records).catch(async (thrown: unknown) => {
    await database.close()
    throw thrown
  })
  return {
    records,
    room(id) {
      const known = rooms.get(id)
      if (known !== undefined) return known
      const store = new LevelEntries(database, id, (room, change) => group.add([{ store: room, change }]))
      rooms.set(id, store)
      return store
    },
    async forget(id) {
      rooms.delete(id)
      await deleteRange(database, roomPrefix(id))
      await purgeRange(database, roomPrefix(id))
    },
    async close() {
      await group.idle()
      await database.close()
    }
  }
}

async function checkSchema(database: Database, records: RecordStore): Promise<void> {
  const version = await readLayout(database)
  if (version === 1) await migrateFrom1(database)
  // Last: a migration that was cut off begins again.
  if (version !== SCHEMA_VERSION) {
    await records.write([{ name: SCHEMA_RECORD, value: encodeUtf8(String(SCHEMA_VERSION)) }])
  }
}

/**
 * The layout of what is in an open database; undefined: nothing is. Writes nothing.
 * @throws EnvironmentError when a newer version wrote it
 */
export async function readLayout(database: Database): Promise<number | undefined> {
  const stored = await readRecords(database, PEER_PREFIX).get(SCHEMA_RECORD)
  if (stored === undefined) return undefined
  const version = Number(expectValue(decodeUtf8(stored)))
  if (version <= SCHEMA_VERSION) return version
  throw new EnvironmentError(
    `the data folder was written by a newer version (layout ${version}, this one knows ${SCHEMA_VERSION}): update Starling`
  )
}

/** One batch for all: changes of one room are seen together, as what counts its entries follows from all of them. */
async function writeTogether(database: Database, parts: readonly Part[]): Promise<void> {
  const operations: Operation[] = []
  const changes = new Map<LevelEntries, StoreChange[]>()
  for (const part of parts) {
    if ('store' in part) changes.set(part.store, [...(changes.get(part.store) ?? []), part.change])
    else operations.push(...part)
  }
  try {
    for (const [store, ofRoom] of changes) operations.push(...(await store.operations(ofRoom)))
    await writeDurably(database, operations)
    for (const store of changes.keys()) store.written()
  } catch (thrown) {
    for (const store of changes.keys()) store.notWritten()
    throw thrown
  }
}
