import type { RoomId } from '../../encryption/index.ts'
import type { MemberId } from '../../identity/index.ts'
import type { RecordStore } from '../../log/index.ts'

/** What this device's user ended: a letter that comes once more, as from a keeper, does not begin it again. */
const LEFT = 'direct-left/'
const REFUSED = 'direct-refused/'

export async function noteLeft(records: RecordStore, room: RoomId): Promise<void> {
  await records.write([{ name: LEFT + room, value: new Uint8Array([1]) }])
}

export async function wasLeft(records: RecordStore, room: RoomId): Promise<boolean> {
  return (await records.get(LEFT + room)) !== undefined
}

/** Of a member whose request was refused nothing more is asked, until this device's user writes to them. */
export async function noteRefused(records: RecordStore, member: MemberId, isRefused: boolean): Promise<void> {
  await records.write([{ name: REFUSED + member, value: isRefused ? new Uint8Array([1]) : undefined }])
}

export async function isRefused(records: RecordStore, member: MemberId): Promise<boolean> {
  return (await records.get(REFUSED + member)) !== undefined
}
