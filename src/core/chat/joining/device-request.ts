import {
  type ByteReader,
  ByteWriter,
  concatBytes,
  decodeWith,
  encodeUtf8,
  expectValue,
  failure,
  fromHex,
  success,
  toHex,
  type Result
} from '../../bytes/index.ts'
import type { RoomId } from '../../encryption/index.ts'
import {
  AGREEMENT_KEY_BYTES,
  CERTIFICATE_BYTES,
  SIGNATURE_BYTES,
  verifyCertificate,
  verifySignature,
  type DisplayName,
  type SigningKey
} from '../../identity/index.ts'
import { decodeNick } from '../room/content.ts'
import { MAX_KEY_PACKAGE_BYTES, MAX_NICK_BYTES, type JoinRequest } from './join-codec.ts'

/**
 * What a further device of somebody who is in asks a member for, without an invite.
 *
 * | bytes | |
 * |---|---|
 * | 1 | version, 2 |
 * | 32 | room id |
 * | 199 | device certificate |
 * | 2 + n | key package: what the device is added to the group with |
 * | 2 + n | nickname, UTF-8 |
 * | 32 | X25519 key that the answer is sealed to: made for this request |
 * | 64 | signature by the device over all before, tag `join-device` |
 *
 * That the member's root has certified the device entitles it; who hears the request and says it again gains as little as with a `JoinRequest`.
 */
export type DeviceRequest = Pick<JoinRequest, 'roomId' | 'certificate' | 'keyPackage' | 'nick' | 'answerKey'>

const VERSION = 2
const TAG = 'join-device'

export async function encodeDeviceRequest(
  request: DeviceRequest & { readonly nick: DisplayName },
  device: SigningKey
): Promise<Uint8Array> {
  const said = new ByteWriter()
    .u8(VERSION)
    .bytes(expectValue(fromHex(request.roomId)))
    .bytes(request.certificate.bytes)
    .shortBytes(request.keyPackage)
    .shortBytes(encodeUtf8(request.nick))
    .bytes(request.answerKey)
    .finish()
  return concatBytes([said, await device.sign(TAG, said)])
}

/** Whether it is of this kind, and not by an invite; nothing of it is checked. */
export function isDeviceRequest(bytes: Uint8Array): boolean {
  return bytes[0] === VERSION
}

/** The request in these bytes, if it is well-formed, and a device that its root has certified signed it. */
export async function verifyDeviceRequest(bytes: Uint8Array): Promise<Result<DeviceRequest>> {
  const decoded = decodeWith(bytes, readRequest)
  if (!decoded.ok) return decoded
  const { signature, certificate: certificateBytes, ...request } = decoded.value
  const certificate = await verifyCertificate(certificateBytes)
  if (!certificate.ok) return failure(certificate.error)
  const device = expectValue(fromHex(certificate.value.device))
  const said = bytes.subarray(0, bytes.length - SIGNATURE_BYTES)
  if (!(await verifySignature(device, TAG, said, signature))) return failure('not by the device that is to come in')
  return success({ ...request, certificate: certificate.value })
}

function readRequest(reader: ByteReader) {
  if (reader.u8() !== VERSION) reader.refuse('a request of another version')
  return {
    roomId: toHex(reader.bytes(32)) as RoomId,
    certificate: reader.bytes(CERTIFICATE_BYTES),
    keyPackage: reader.shortBytes(MAX_KEY_PACKAGE_BYTES),
    nick: decodeNick(reader.shortBytes(MAX_NICK_BYTES)),
    answerKey: reader.bytes(AGREEMENT_KEY_BYTES),
    signature: reader.bytes(SIGNATURE_BYTES)
  }
}
