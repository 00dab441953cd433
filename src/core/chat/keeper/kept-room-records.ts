import { decodeUtf8, encodeUtf8, expectValue, type Millis } from '../../bytes/index.ts'
import { DAY, type RoomId } from '../../encryption/index.ts'
import type { RecordChange, RecordStore } from '../../log/index.ts'

/** A room that is kept here, as it is remembered between runs. */
export interface KeptRoomRecord {
  readonly id: RoomId
  /** Of an open room a keeper knows the name: the keys that it checks entries with follow from it. */
  readonly name?: string
  /** Of any other, the tag in hex, which opens nothing. */
  readonly tag?: string
  /** When somebody last asked for it, within an hour. */
  readonly askedAt: Millis
}

/** A room for which nobody asked for so long is dropped; members ask every day that they are connected. */
const UNWANTED_AFTER: Millis = 90 * DAY
const PREFIX = 'kept/'

export async function loadKeptRooms(records: RecordStore): Promise<KeptRoomRecord[]> {
  const rows = await records.list(PREFIX)
  return rows.map(([, value]) => JSON.parse(expectValue(decodeUtf8(value))) as KeptRoomRecord)
}

export function keptRoomChange(record: KeptRoomRecord): RecordChange {
  return { name: PREFIX + record.id, value: encodeUtf8(JSON.stringify(record)) }
}

export function droppedRoomChange(id: RoomId): RecordChange {
  return { name: PREFIX + id, value: undefined }
}

/** The name of the room's store: apart from that of a member who uses the same data folder. */
export function keptRoomStore(id: RoomId): string {
  return `kept.${id}`
}

export function isUnwanted({ askedAt }: KeptRoomRecord, now: Millis): boolean {
  return now - askedAt > UNWANTED_AFTER
}
