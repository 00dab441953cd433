import { decodeUtf8, encodeUtf8, expectValue } from '../../bytes/index.ts'
import type { RoomId } from '../../encryption/index.ts'
import type { MemberId } from '../../identity/index.ts'
import type { RecordStore } from '../../log/index.ts'

/** What this device's user ended: a letter that comes once more, as from a keeper, does not begin it again. */
const LEFT = 'direct-left'
const LEFT_WITH = 'direct-left-with/'
const REFUSED = 'direct-refused/'
/** Those left last: others can make rooms for this device to leave. */
const MAX_LEFT = 1024

export async function noteLeft(records: RecordStore, room: RoomId, member: MemberId): Promise<void> {
  const rooms = [...(await left(records)).slice(1 - MAX_LEFT), room]
  await records.write([
    { name: LEFT, value: encodeUtf8(rooms.join()) },
    { name: LEFT_WITH + member, value: encodeUtf8(room) }
  ])
}

/** The conversation with this member that was left last. */
export async function lastLeftWith(records: RecordStore, member: MemberId): Promise<RoomId | undefined> {
  const stored = await records.get(LEFT_WITH + member)
  return stored && (expectValue(decodeUtf8(stored)) as RoomId)
}

export async function wasLeft(records: RecordStore, room: RoomId): Promise<boolean> {
  return (await left(records)).includes(room)
}

async function left(records: RecordStore): Promise<string[]> {
  const stored = await records.get(LEFT)
  return stored === undefined ? [] : expectValue(decodeUtf8(stored)).split(',')
}

/** Of a member whose request was refused, or whose conversation was left before it was entered, nothing more is asked, until this device's user writes to them. */
export async function noteRefused(records: RecordStore, member: MemberId, isRefused: boolean): Promise<void> {
  await records.write([{ name: REFUSED + member, value: isRefused ? new Uint8Array([1]) : undefined }])
}

export async function isRefused(records: RecordStore, member: MemberId): Promise<boolean> {
  return (await records.get(REFUSED + member)) !== undefined
}
