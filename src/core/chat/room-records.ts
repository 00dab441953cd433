import { decodeUtf8, encodeUtf8, expectValue, type Millis } from '../bytes/index.ts'
import type { RoomId } from '../encryption/index.ts'
import type { MemberId } from '../identity/index.ts'
import type { RecordChange, RecordStore } from '../log/index.ts'
import type { DeviceRecord } from './room/devices.ts'
import type { Retention } from './room/retention.ts'

/** A room that this device is in, as it is remembered between runs. */
export interface RoomRecord {
  readonly id: RoomId
  /** The name as it was given: everything else of an open room follows from it. */
  readonly name: string
  /** Addresses of members met, those met last first, to be found again by when nothing else helps. */
  readonly remembered: readonly RememberedPeer[]
  /** Whether keepers are asked to store the room; undefined: they are. */
  readonly keepers?: boolean
  /** How long this device keeps messages; undefined: for ever. */
  readonly retention?: Retention
  /** Undefined: an open room. */
  readonly kind?: 'private'
  /** This device reads nothing from before: the room's history policy gave it no keys. */
  readonly since?: Millis
  /** All that is stored of it is to go, and may have gone in part; `own`: what stays of this device. */
  readonly erasing?: { readonly own?: DeviceRecord }
  /** Of a direct conversation. */
  readonly direct?: DirectRecord
  /** Nobody has let this device in yet. */
  readonly joining?: Joining
  /** It is in, by what it knows, and asks by a newer invite for what brings it back to the others. */
  readonly returning?: Joining | undefined
}

export interface DirectRecord {
  /** With whom. */
  readonly member: MemberId
  /** As this device knew them when it began, until the room itself tells. */
  readonly nick: string
  /** By which the other comes in, until that has happened; of a request, by which this device would. */
  readonly link?: string
  /** When the link is over that this device made, or asks by. */
  readonly until?: Millis
  /** The one with them that was left last, where that is not over for them yet. */
  readonly instead?: RoomId
  /** They have left it, by a later letter of theirs; the room itself may not tell yet. */
  readonly hasLeft?: true
  /** They wrote first, and this device's user has not said yet whether they may. */
  readonly isRequest?: true
}

export type DirectRoom = RoomRecord & { readonly direct: DirectRecord }

export function isDirect(record: RoomRecord): record is DirectRoom {
  return record.direct !== undefined
}

/** A request that was made and not answered. Bytes are in hex. */
export interface Joining {
  /** By which it asks; undefined: as a further device of a member. */
  readonly link?: string
  /** Where members meet, and addresses of theirs, without a link. */
  readonly meetings?: readonly string[]
  readonly addresses?: readonly string[]
  readonly request: string
  readonly answerSecret: string
}

export function isPending({ joining }: RoomRecord): boolean {
  return joining !== undefined
}

export interface RememberedPeer {
  readonly peer: string
  readonly addresses: readonly string[]
}

/** Members remembered for each room, enough to find one of them again. */
const MAX_REMEMBERED = 16
const PREFIX = 'room/'
const LEFT_RECORD = 'left-rooms'
const LEFT_NAME = 'left-name/'

/** Of a room of which this device remembers nothing. */
export function emptyRecord(id: RoomId): RoomRecord {
  return { id, name: '', remembered: [] }
}

export async function loadRoomRecords(records: RecordStore): Promise<RoomRecord[]> {
  const rows = await records.list(PREFIX)
  return rows.map(([, value]) => JSON.parse(expectValue(decodeUtf8(value))) as RoomRecord)
}

export function saveRoomRecord(records: RecordStore, record: RoomRecord): Promise<void> {
  return records.write([{ name: PREFIX + record.id, value: encodeUtf8(JSON.stringify(record)) }])
}

/** @param leftAs what the room was called, of which something is stored still */
export function deleteRoomRecord(records: RecordStore, id: RoomId, leftAs?: string): Promise<void> {
  const named = leftAs === undefined ? [] : [{ name: LEFT_NAME + id, value: encodeUtf8(leftAs) }]
  return records.write([...withoutRecord(id), ...named])
}

/** Of a room of which nothing is stored any more. */
export function forgetRoomRecord(records: RecordStore, id: RoomId): Promise<void> {
  return records.write([...withoutRecord(id), { name: LEFT_NAME + id, value: undefined }])
}

function withoutRecord(id: RoomId): RecordChange[] {
  return [
    { name: PREFIX + id, value: undefined },
    { name: LEFT_RECORD, value: new Uint8Array([1]) }
  ]
}

/** Of rooms that were left and not forgotten; they may have been entered again. */
export async function leftNames(records: RecordStore): Promise<Map<RoomId, string>> {
  const rows = await records.list(LEFT_NAME)
  return new Map(rows.map(([key, name]) => [key.slice(LEFT_NAME.length) as RoomId, expectValue(decodeUtf8(name))]))
}

/** Whether this device is or was in a room, whose messages are its member's. */
export async function hasEnteredRooms(records: RecordStore): Promise<boolean> {
  const [rooms, left] = await Promise.all([records.list(PREFIX), records.get(LEFT_RECORD)])
  return rooms.length > 0 || left !== undefined
}

/** The record with this peer first among those remembered. */
export function withRemembered(record: RoomRecord, peer: RememberedPeer): RoomRecord {
  const others = record.remembered.filter(each => each.peer !== peer.peer)
  return { ...record, remembered: [peer, ...others].slice(0, MAX_REMEMBERED) }
}

/** With those at these addresses, each of which ends in its PeerId. */
export function withAddresses(record: RoomRecord, addresses: readonly string[]): RoomRecord {
  const peers = addresses.map(address => ({ peer: address.slice(address.lastIndexOf('/') + 1), addresses: [address] }))
  return peers.reduce(withRemembered, record)
}
