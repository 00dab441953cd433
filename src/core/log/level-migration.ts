import { expectValue } from '../bytes/index.ts'
import { decodeEntry } from './entry.ts'
import { chunksOf, encodeSum, MAX_CHUNK_ITEMS, syncKeyOf, type SyncKey } from './chunks.ts'
import {
  deleteRange,
  plainBytes,
  put,
  TEXT_KEYS,
  writeDurably,
  type Database,
  type Operation
} from './level-database.ts'
import { roomPrefix } from './level-entries.ts'

/** Entries, or items, read and written at a time. */
const BATCH = MAX_CHUNK_ITEMS
const NO_BYTES = new Uint8Array()

/**
 * From layout 1, which had entries and their ids alone: adds the set, its chunks, and what is shown, which then were all
 * entries. When it is cut off it begins again, whatever the earlier version wrote meanwhile.
 */
export async function migrateFrom1(database: Database): Promise<void> {
  for (const room of await roomsOf(database)) {
    // Those of an attempt that was cut off may not fit any more.
    await deleteRange(database, `${roomPrefix(room)}c!`)
    await addItems(database, roomPrefix(room))
    await addChunks(database, roomPrefix(room))
  }
}

async function roomsOf(database: Database): Promise<string[]> {
  const rooms: string[] = []
  for (let from = 'r!'; ;) {
    const [key] = await database.keys<string>({ gte: from, lt: 'r!~', limit: 1, ...TEXT_KEYS }).all()
    const room = key?.split('!')[1]
    if (room === undefined) return rooms
    rooms.push(room)
    from = `${roomPrefix(room)}~`
  }
}

async function addItems(database: Database, prefix: string): Promise<void> {
  const table = { lt: `${prefix}e!~`, limit: BATCH, ...TEXT_KEYS }
  for (let from: object = { gte: `${prefix}e!` }; ;) {
    const rows = await database.iterator<string, Uint8Array>({ ...table, ...from }).all()
    const operations = rows.flatMap(([key, value]) => {
      const order = key.slice(`${prefix}e!`.length)
      const { id, header } = expectValue(decodeEntry(plainBytes(value)))
      return [marker(`${prefix}m!${order}`), marker(`${prefix}s!${syncKeyOf({ ms: header.clock.ms, id })}`)]
    })
    if (operations.length > 0) await writeDurably(database, operations)
    const last = rows.at(-1)
    if (last === undefined || rows.length < BATCH) return
    from = { gt: last[0] }
  }
}

async function addChunks(database: Database, prefix: string): Promise<void> {
  const start = `${prefix}s!`
  let lower: SyncKey = ''
  for (let from = start; ;) {
    const rows = await database.keys<string>({ gt: from, lt: `${start}~`, limit: BATCH, ...TEXT_KEYS }).all()
    const keys = rows.map(key => key.slice(start.length))
    const last = keys.at(-1)
    if (last === undefined) return
    if (lower !== '') lower = keys[0] ?? lower
    const chunks = chunksOf(lower, keys)
    await writeDurably(
      database,
      chunks.map(chunk => put(`${prefix}c!${chunk.lower}`, encodeSum(chunk)))
    )
    lower = last
    from = start + last
  }
}

function marker(key: string): Operation {
  return put(key, NO_BYTES)
}
