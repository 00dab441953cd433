import {
  ByteWriter,
  concatBytes,
  decodeWith,
  expectValue,
  fromHex,
  toHex,
  type ByteReader,
  type Result
} from '../../bytes/index.ts'
import type { RoomId } from '../../encryption/index.ts'
import {
  PUBLIC_KEY_BYTES,
  SIGNATURE_BYTES,
  verifySignature,
  type DeviceId,
  type Identity
} from '../../identity/index.ts'
import { MAX_NOTE_BYTES } from '../../log/index.ts'
import { readRanges, writeRanges, type SequenceRanges } from '../room/sequence-ranges.ts'

/**
 * What one device says of the entries that are durable and opened there, by author. Cumulative: a lost one is made good
 * by the next. Signed, so that whoever brings it need not be asked; kept by nobody.
 *
 * | bytes | |
 * |---|---|
 * | 1 | version, 1 |
 * | 32 | device public key: who acknowledges |
 * | 2 | number of authors, at most 64 |
 * | 32 + ranges, each | device public key: whose entries; which sequences (`sequence-ranges.ts`) |
 * | 64 | signature by the device over room id and all before, tag `acknowledgement` |
 */
export interface Acknowledgement {
  readonly device: DeviceId
  readonly held: ReadonlyMap<DeviceId, SequenceRanges>
}

const VERSION = 1
const TAG = 'acknowledgement'
/** Authors whose entries arrived since the last acknowledgement; more than so many at a time wait for the next. */
export const MAX_ACKNOWLEDGED_AUTHORS = 64
const FRAME_BYTES = 1 + PUBLIC_KEY_BYTES + 2 + SIGNATURE_BYTES

/** Signs what fits of `held`, the first authors first. */
export async function signAcknowledgement(
  identity: Identity,
  room: RoomId,
  held: ReadonlyMap<DeviceId, SequenceRanges>
): Promise<Uint8Array> {
  const rows = fitting([...held].slice(0, MAX_ACKNOWLEDGED_AUTHORS).map(encodeRow))
  const { device } = identity.certificate
  const start = new ByteWriter()
    .u8(VERSION)
    .bytes(expectValue(fromHex(device)))
    .u16(rows.length)
  const claim = concatBytes([start.finish(), ...rows])
  return concatBytes([claim, await identity.deviceKey.sign(TAG, signedBytes(room, claim))])
}

export function decodeAcknowledgement(bytes: Uint8Array): Result<Acknowledgement> {
  return decodeWith(bytes, reader => {
    if (reader.u8() !== VERSION) reader.refuse('an acknowledgement of another version')
    const device = readDevice(reader)
    const count = reader.u16()
    if (count > MAX_ACKNOWLEDGED_AUTHORS) reader.refuse(`${count} authors`)
    const held = new Map<DeviceId, SequenceRanges>()
    for (let index = 0; index < count; index += 1) held.set(readDevice(reader), readRanges(reader))
    if (held.size !== count) reader.refuse('an author twice')
    reader.bytes(SIGNATURE_BYTES)
    return { device, held }
  })
}

/** Whether the device that these decoded bytes name signed them for this room. */
export function isAcknowledgementGenuine(
  bytes: Uint8Array,
  { device }: Acknowledgement,
  room: RoomId
): Promise<boolean> {
  const [claim, signature] = [bytes.subarray(0, -SIGNATURE_BYTES), bytes.subarray(-SIGNATURE_BYTES)]
  return verifySignature(expectValue(fromHex(device)), TAG, signedBytes(room, claim), signature)
}

function encodeRow([author, ranges]: [DeviceId, SequenceRanges]): Uint8Array {
  return writeRanges(new ByteWriter().bytes(expectValue(fromHex(author))), ranges).finish()
}

function fitting(rows: readonly Uint8Array[]): Uint8Array[] {
  let left = MAX_NOTE_BYTES - FRAME_BYTES
  return rows.filter(row => (left -= row.length) >= 0)
}

function readDevice(reader: ByteReader): DeviceId {
  return toHex(reader.bytes(PUBLIC_KEY_BYTES)) as DeviceId
}

function signedBytes(room: RoomId, claim: Uint8Array): Uint8Array {
  return concatBytes([expectValue(fromHex(room)), claim])
}
