import { UsageError } from '../bytes/index.ts'
import { openRoom, type RoomId } from '../encryption/index.ts'
import { foldCase, type DeviceId } from '../identity/index.ts'
import type { Storage } from '../log/index.ts'
import type { RoomSummary } from './peer.ts'
import { forgetRoomRecord, leftNames, saveRoomRecord, type RoomRecord } from './room-records.ts'
import { decodeDevice, DEVICE_RECORD_PREFIX, encodeDevice } from './room/devices.ts'

const ROOM_ID = /^[0-9a-f]{64}$/

/**
 * Erases all that is stored of a room, keys included, but for how far this device's own entries are numbered: were it to come back, and to
 * begin anew, it would have signed two entries as one. A crash in between leaves nothing that would be opened again.
 */
export async function forgetRoom(storage: Storage, device: DeviceId, record: RoomRecord): Promise<void> {
  const known = await storage.room(record.id).records.get(DEVICE_RECORD_PREFIX + device)
  const own = known && { ...decodeDevice(known), held: [], bytes: 0 }
  const erasing = { ...record, erasing: { ...(own?.last && { own }) } }
  await saveRoomRecord(storage.records, erasing)
  await goOnForgetting(storage, erasing)
}

/** What an earlier run began. */
export async function goOnForgetting(storage: Storage, { id, erasing }: RoomRecord): Promise<void> {
  await storage.forget(id)
  const own = erasing?.own
  if (own !== undefined) {
    const change = { name: DEVICE_RECORD_PREFIX + own.device, value: encodeDevice(own) }
    await storage.room(id).commit({ records: [change] })
  }
  await forgetRoomRecord(storage.records, id)
}

/**
 * The room of this name or id, if this device has left it, still has something of it, and is in none (`listed`) that is called so.
 * @throws UsageError when there is more than one
 */
export async function leftRoom(
  storage: Storage,
  device: DeviceId,
  listed: readonly RoomSummary[],
  reference: string
): Promise<RoomId | undefined> {
  const called = foldCase(reference.trim())
  const named = openRoom(reference)
  const given = ROOM_ID.test(reference) ? [reference as RoomId] : named.ok ? [named.value.roomId] : []
  if (listed.some(({ id, name }) => given.includes(id as RoomId) || foldCase(name) === called)) return undefined
  const byName = [...(await leftNames(storage.records))].flatMap(([id, name]) =>
    foldCase(name) === called ? [id] : []
  )
  const inThem = new Set<string>(listed.map(({ id }) => id))
  const left: RoomId[] = []
  for (const id of new Set([...given, ...byName])) {
    const stored = inThem.has(id) ? [] : await storage.room(id).records.list('', 2)
    if (stored.some(([name]) => name !== DEVICE_RECORD_PREFIX + device)) left.push(id)
  }
  if (left.length > 1)
    throw new UsageError(`you left more than one room ${reference}: give an id, ${left.join(' or ')}`)
  return left[0]
}
