import { decodeUtf8, encodeUtf8, expectValue, toHex, type Millis } from '../../bytes/index.ts'
import {
  CERTIFICATE_BYTES,
  type DeviceCertificate,
  type DeviceId,
  type DisplayName,
  type MemberId
} from '../../identity/index.ts'
import { encodeEntry, type EntryId, type StoredEntry } from '../../log/index.ts'
import { DELETION_KIND, type Content } from './content.ts'
import { addSequence, type SequenceRanges } from './sequence-ranges.ts'

/** What a room knows of a device that wrote in it, or that introduced itself. Kept as a record. */
export interface DeviceRecord {
  readonly device: DeviceId
  readonly member: MemberId
  /**
   * Device certificate in hex, to introduce the device to others when it is away. Undefined in a record of an older
   * layout, whose certificate was the root's word alone, until the device shows a whole one.
   */
  readonly certificate: string | undefined
  readonly nick: DisplayName | undefined
  /** When the nickname was said: a later one replaces it. */
  readonly nickTime: Millis
  /** When this peer first saw the device under this name: who had it first keeps it. */
  readonly namedAt: Millis
  /** Sequences that are here. */
  readonly held: SequenceRanges
  /** The device's entry with the highest sequence here. */
  readonly last: { readonly sequence: number; readonly id: EntryId } | undefined
  /** The highest clock among its entries, 0 when it wrote none. */
  readonly wroteAt: Millis
  /** What its entries take up here, itself included. */
  readonly bytes: number
  /** The first proof met that the device used a sequence twice; the entries are here, signed. */
  readonly equivocation?: Equivocation
}

/** Two entries that one device signed for one and the same sequence. */
export interface Equivocation {
  readonly sequence: number
  readonly ids: readonly [EntryId, EntryId]
}

export const DEVICE_RECORD_PREFIX = 'device/'
/** What a store adds to each entry: its keys and its place in the index. */
export const ENTRY_OVERHEAD_BYTES = 400
/** A device's record with its certificate and many ranges, on disk and in memory. */
const DEVICE_BYTES = 4096
/** A claim with its name. */
const CLAIM_BYTES = 640

export function newDevice(
  { device, member, bytes }: Pick<DeviceCertificate, 'device' | 'member'> & Partial<DeviceCertificate>,
  now: Millis
): DeviceRecord {
  const known = { device, member, certificate: bytes && toHex(bytes) }
  return { ...known, nick: undefined, nickTime: 0, namedAt: now, held: [], last: undefined, wroteAt: 0, bytes: 0 }
}

/**
 * The device with a certificate that was checked. A device that signed with two roots is the member's whose certificate
 * has the lower bytes, at everybody who knows both; in a record without one it is not known whose the device is.
 */
export function withCertificate(record: DeviceRecord, { member, bytes }: DeviceCertificate): DeviceRecord {
  const certificate = toHex(bytes)
  const isKnown = record.certificate !== undefined && (record.member === member || record.certificate <= certificate)
  return isKnown ? record : { ...record, member, certificate }
}

export function withNick(record: DeviceRecord, nick: DisplayName | undefined, time: Millis, now: Millis): DeviceRecord {
  const isNews = nick !== undefined && nick !== record.nick && time >= record.nickTime
  return isNews ? { ...record, nick, nickTime: time, namedAt: now } : record
}

export function withEntry(
  record: DeviceRecord,
  entry: { id: EntryId; sequence: number; time: Millis; bytes: number }
): DeviceRecord {
  const { id, sequence } = entry
  const isLast = record.last === undefined || sequence > record.last.sequence
  return {
    ...record,
    held: addSequence(record.held, sequence),
    last: isLast ? { sequence, id } : record.last,
    wroteAt: Math.max(record.wroteAt, entry.time),
    bytes: record.bytes + entry.bytes
  }
}

/** The device as it was before it said what is above this sequence; `lastId`: what stands there. */
export function withoutAbove(record: DeviceRecord, sequence: number, lastId: EntryId | undefined): DeviceRecord {
  const held = record.held.flatMap(({ from, to }) => (from > sequence ? [] : [{ from, to: Math.min(to, sequence) }]))
  return { ...record, held, last: lastId && { sequence, id: lastId } }
}

/** The device with so much less to its account, as something of it was erased. */
export function withLess(record: DeviceRecord, bytes: number): DeviceRecord {
  return { ...record, bytes: Math.max(0, record.bytes - bytes) }
}

/**
 * The bytes that storing this entry of the device costs; its first one costs the device's record, too, and a deletion
 * what is kept of each entry that it names.
 */
export function costOf(
  record: DeviceRecord,
  { entry, content }: { readonly entry: StoredEntry; readonly content?: Content | undefined }
): number {
  const forDevice = record.last === undefined ? DEVICE_BYTES : 0
  const forClaims = content?.kind === DELETION_KIND ? content.targets.length * CLAIM_BYTES : 0
  return encodeEntry(entry).length + ENTRY_OVERHEAD_BYTES + forDevice + forClaims
}

export function encodeDevice(record: DeviceRecord): Uint8Array {
  return encodeUtf8(JSON.stringify(record))
}

/** The inverse of `encodeDevice`; its input comes from this peer's own store. */
export function decodeDevice(bytes: Uint8Array): DeviceRecord {
  const record = JSON.parse(expectValue(decodeUtf8(bytes))) as DeviceRecord
  const isWhole = record.certificate?.length === 2 * CERTIFICATE_BYTES
  // Records of older stores have no count, and certificates that lack the device's word.
  return { ...record, bytes: record.bytes ?? 0, certificate: isWhole ? record.certificate : undefined }
}

/** The name of a member who has none that can be shown: the start of the key. */
export function keyName(member: MemberId): string {
  return `peer-${member.slice(0, 8)}`
}
