import {
  ByteWriter,
  concatBytes,
  decodeUtf8,
  decodeWith,
  encodeUtf8,
  equalBytes,
  expectValue,
  fromHex,
  toHex
} from '../../bytes/index.ts'
import type { RandomBytes } from '../../bytes/index.ts'
import type { RoomId } from '../../encryption/index.ts'
import {
  agree,
  agreementKeyOfSigner,
  agreementSecretOfSigner,
  CERTIFICATE_BYTES,
  openSealedTo,
  sealTo,
  SIGNATURE_BYTES,
  verifyCertificate,
  verifySignature,
  type DeviceCertificate,
  type DeviceId,
  type Identity
} from '../../identity/index.ts'
import { pad, PADDING_BYTES, unpad } from '../joining/padding.ts'

/**
 * How a direct conversation is begun: the link into its room, for one device of the other member. Padded, and sealed to the X25519 key of
 * that device (`sealTo`), with the device's id as additional data.
 *
 * | bytes | |
 * |---|---|
 * | 1 | version, 2 |
 * | 199 | device certificate of who writes |
 * | 32 | the conversation of these two that who writes left last: the other may not have been told; zeros where there is none |
 * | 2 + n | the link (`invite-link.ts`), UTF-8, at most 6144 |
 * | 64 | signature by that device over the id of the device it is for and all before, tag `direct` |
 */
export interface DirectLetter {
  readonly from: DeviceCertificate
  readonly link: string
  /** Which this one comes instead of. */
  readonly instead: RoomId | undefined
}

const VERSION = 2
const ROOM_BYTES = 32
const NO_ROOM = new Uint8Array(ROOM_BYTES)
const TAG = 'direct'
const USE = 'starling/direct-letter/1'
/** With three addresses of the greatest length a link comes to some 4300. */
const MAX_LINK_BYTES = 6144
const MAX_SAID_BYTES = 1 + CERTIFICATE_BYTES + ROOM_BYTES + 2 + MAX_LINK_BYTES + SIGNATURE_BYTES
/** What sealing and padding add comes to less. */
export const MAX_SEALED_DIRECT_BYTES = MAX_SAID_BYTES + 2 * PADDING_BYTES

/** Undefined when the id is no key. */
export async function sealDirectLetter(
  { certificate, deviceKey }: Identity,
  to: DeviceId,
  { link, instead }: Pick<DirectLetter, 'link' | 'instead'>,
  random: RandomBytes
): Promise<Uint8Array | undefined> {
  const device = bytesOf(to)
  const key = agreementKeyOfSigner(device)
  const before = instead === undefined ? NO_ROOM : bytesOf(instead)
  const said = new ByteWriter().u8(VERSION).bytes(certificate.bytes).bytes(before).shortBytes(encodeUtf8(link)).finish()
  const signed = concatBytes([said, await deviceKey.sign(TAG, concatBytes([device, said]))])
  return key && sealTo(key, USE, pad(signed), device, random)
}

/** The letter, if it is for this device and whoever it names wrote it. */
export async function openDirectLetter(own: Identity, sealed: Uint8Array): Promise<DirectLetter | undefined> {
  const device = bytesOf(own.certificate.device)
  const padded = openSealedTo(agreementSecretOfSigner(own.deviceSeed), USE, sealed, device)
  const signed = padded && unpad(padded, MAX_SAID_BYTES)
  const read = signed && readLetter(signed)
  if (signed === undefined || read?.ok !== true) return undefined
  const { certificate, instead, link, signature } = read.value
  const from = await verifyCertificate(certificate)
  const text = decodeUtf8(link)
  if (!from.ok || !text.ok) return undefined
  const said = concatBytes([device, signed.subarray(0, -SIGNATURE_BYTES)])
  const isGenuine = await verifySignature(bytesOf(from.value.device), TAG, said, signature)
  return isGenuine ? { from: from.value, link: text.value, instead } : undefined
}

/**
 * The mailbox for what one device writes to the other: only the two come to it, so that nobody else can look whether something waits, or fill it.
 */
export function directTag(own: Identity, other: DeviceId, way: 'to' | 'from'): Uint8Array | undefined {
  const ends = [bytesOf(own.certificate.device), bytesOf(other)]
  const key = agreementKeyOfSigner(bytesOf(other))
  const salt = concatBytes(way === 'to' ? ends : ends.toReversed())
  return key && agree(agreementSecretOfSigner(own.deviceSeed), key, 'starling/direct-mailbox/1', salt)
}

function readLetter(bytes: Uint8Array) {
  return decodeWith(bytes, reader => {
    if (reader.u8() !== VERSION) reader.refuse('a letter of another version')
    const certificate = reader.bytes(CERTIFICATE_BYTES)
    const before = reader.bytes(ROOM_BYTES)
    const instead = equalBytes(before, NO_ROOM) ? undefined : (toHex(before) as RoomId)
    const link = reader.shortBytes(MAX_LINK_BYTES)
    return { certificate, instead, link, signature: reader.bytes(SIGNATURE_BYTES) }
  })
}

function bytesOf(id: DeviceId | RoomId): Uint8Array {
  return expectValue(fromHex(id))
}
