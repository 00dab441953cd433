import { decodeUtf8, encodeUtf8, expectValue, fromHex, toHex } from '../bytes/index.ts'
import type { RoomId } from '../encryption/index.ts'
import { parseDisplayName, type DisplayName, type PortableRoom } from '../identity/index.ts'
import type { RecordChange, RecordStore, Storage } from '../log/index.ts'
import { MAX_LINK_ADDRESSES } from './invite-link.ts'
import type { OwnRoomHint } from './joining/join-attempt.ts'
import { loadControlRecords } from './room/control-records.ts'
import { isPending, loadRoomRecords, type DirectRecord } from './room-records.ts'

/** A private room of this member, as another device of theirs told of it. */
export interface NamedHint extends OwnRoomHint {
  readonly name: DisplayName
  readonly direct?: DirectRecord
}

/** Those that began last: one of them is how the members meet now. */
const MAX_MEETINGS = 4
const HINTS_RECORD = 'rooms-to-enter'

/** What another device is to know of this member's private rooms, those first in which something was said last. @param own addresses of this device, which is in all of them */
export async function portableRooms(
  { records, room }: Pick<Storage, 'records' | 'room'>,
  own: readonly string[]
): Promise<PortableRoom[]> {
  const all = (await loadRoomRecords(records)).filter(record => record.kind === 'private' && !isPending(record))
  const rooms = all.map(async ({ id, name, remembered, direct }) => {
    const store = room(id)
    const [control, said = 0] = await Promise.all([loadControlRecords(store.records), store.shownTime(0)])
    const generations = [...(control?.generations.values() ?? [])]
    const meetings = generations.slice(0, MAX_MEETINGS).map(({ rendezvousSecret }) => rendezvousSecret)
    const addresses = [...own, ...remembered.flatMap(({ addresses: [first = []] }) => first)]
    const found = { id, name, meetings, addresses: addresses.slice(0, 2 * MAX_LINK_ADDRESSES) }
    return { said, portable: direct === undefined ? found : { ...found, direct: direct.member } }
  })
  const newestFirst = (await Promise.all(rooms)).toSorted((one, other) => other.said - one.said)
  return newestFirst.map(({ portable }) => portable).filter(({ meetings }) => meetings.length > 0)
}

/** Has the next run ask to come into these. */
export function hintsChange(rooms: readonly PortableRoom[]): RecordChange {
  const value = rooms.map(({ meetings, ...room }) => ({ ...room, meetings: meetings.map(each => toHex(each)) }))
  return { name: HINTS_RECORD, value: rooms.length === 0 ? undefined : encodeUtf8(JSON.stringify(value)) }
}

export async function loadHints(records: RecordStore): Promise<NamedHint[]> {
  const stored = await records.get(HINTS_RECORD)
  if (stored === undefined) return []
  const rows = JSON.parse(expectValue(decodeUtf8(stored))) as (Omit<PortableRoom, 'meetings'> & {
    readonly meetings: string[]
  })[]
  return rows.flatMap(({ id, name, meetings, addresses, direct }) => {
    const shown = parseDisplayName(name, 'a room name', 1000)
    const secrets = meetings.map(each => expectValue(fromHex(each)))
    if (!shown.ok) return []
    const ofTwo = direct === undefined ? {} : { direct: { member: direct, nick: shown.value } }
    return [{ id: id as RoomId, name: shown.value, meetings: secrets, addresses, ...ofTwo }]
  })
}

export function forgetHints(records: RecordStore): Promise<void> {
  return records.write([hintsChange([])])
}
