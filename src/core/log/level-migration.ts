import { decodeUtf8, encodeUtf8, expectValue } from '../bytes/index.ts'
import { decodeEntry } from './entry.ts'
import { chunksOf, encodeSum, MAX_CHUNK_ITEMS, syncKeyOf, type SyncKey } from './chunks.ts'
import { deleteRange, plainBytes, put, writeDurably, type Database, type Operation } from './level-database.ts'
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
    const [key] = await database.keys({ gte: encodeUtf8(from), lt: encodeUtf8('r!~'), limit: 1 }).all()
    const room = key && expectValue(decodeUtf8(key)).split('!')[1]
    if (room === undefined) return rooms
    rooms.push(room)
    from = `${roomPrefix(room)}~`
  }
}

async function addItems(database: Database, prefix: string): Promise<void> {
  const end = encodeUtf8(`${prefix}e!~`)
  for (let range: object = { gte: encodeUtf8(`${prefix}e!`), lt: end, limit: BATCH }; ;) {
    const rows = await database.iterator(range).all()
    const operations = rows.flatMap(([key, value]) => {
      const order = expectValue(decodeUtf8(key)).slice(`${prefix}e!`.length)
      const { id, header } = expectValue(decodeEntry(plainBytes(value)))
      return [marker(`${prefix}m!${order}`), marker(`${prefix}s!${syncKeyOf({ ms: header.clock.ms, id })}`)]
    })
    if (operations.length > 0) await writeDurably(database, operations)
    const last = rows.at(-1)
    if (last === undefined || rows.length < BATCH) return
    range = { gt: last[0], lt: end, limit: BATCH }
  }
}

async function addChunks(database: Database, prefix: string): Promise<void> {
  const start = `${prefix}s!`
  let lower: SyncKey = ''
  for (let from = start; ;) {
    const rows = await database.keys({ gt: encodeUtf8(from), lt: encodeUtf8(`${start}~`), limit: BATCH }).all()
    const keys = rows.map(key => expectValue(decodeUtf8(key)).slice(start.length))
    const last = keys.at(-1)
    if (last === undefined) return
    if (lower !== '') lower = keys[0] ?? lower
    const chunks = chunksOf(lower, keys)
    await writeDurably(
      database,
      chunks.map(chunk => put(encodeUtf8(`${prefix}c!${chunk.lower}`), encodeSum(chunk)))
    )
    lower = last
    from = start + last
  }
}

function marker(key: string): Operation {
  return put(encodeUtf8(key), NO_BYTES)
}
