import { ByteWriter, decodeWith, failure, success, toHex, type Millis, type Result } from '../bytes/index.ts'
import { PUBLIC_KEY_BYTES, SIGNATURE_BYTES, verifySignature, type SigningKey } from './signature.ts'

/** A member: the root public key in lower-case hex. */
export type MemberId = string & { readonly __brand: 'MemberId' }
/** A device of a member: the device's public key in lower-case hex. */
export type DeviceId = string & { readonly __brand: 'DeviceId' }

/**
 * The root key's word that a device is the member's.
 *
 * | bytes | |
 * |---|---|
 * | 1 | version, 1 |
 * | 32 | root public key |
 * | 32 | device public key |
 * | 6 | issued at, Unix ms |
 * | 64 | signature by the root over all before, tag `device` |
 */
export interface DeviceCertificate {
  readonly member: MemberId
  readonly device: DeviceId
  readonly issuedAt: Millis
  readonly bytes: Uint8Array
}

export const CERTIFICATE_BYTES = 1 + 2 * PUBLIC_KEY_BYTES + 6 + SIGNATURE_BYTES

const VERSION = 1
const TAG = 'device'

export async function certifyDevice(
  root: SigningKey,
  device: Uint8Array,
  issuedAt: Millis
): Promise<DeviceCertificate> {
  const signed = new ByteWriter().u8(VERSION).bytes(root.publicKey).bytes(device).u48(issuedAt).finish()
  const bytes = new ByteWriter()
    .bytes(signed)
    .bytes(await root.sign(TAG, signed))
    .finish()
  return { member: memberIdOf(root.publicKey), device: deviceIdOf(device), issuedAt, bytes }
}

/** The certificate in these bytes, if it is well-formed and the root really signed it. */
export async function verifyCertificate(bytes: Uint8Array): Promise<Result<DeviceCertificate>> {
  const decoded = decodeCertificate(bytes)
  if (!decoded.ok) return decoded
  const { root, device, issuedAt, signature } = decoded.value
  const signed = bytes.subarray(0, bytes.length - SIGNATURE_BYTES)
  if (!(await verifySignature(root, TAG, signed, signature))) return failure('a certificate with a wrong signature')
  return success({ member: memberIdOf(root), device: deviceIdOf(device), issuedAt, bytes })
}

function memberIdOf(root: Uint8Array): MemberId {
  return toHex(root) as MemberId
}

export function deviceIdOf(device: Uint8Array): DeviceId {
  return toHex(device) as DeviceId
}

function decodeCertificate(bytes: Uint8Array) {
  return decodeWith(bytes, reader => {
    if (reader.u8() !== VERSION) reader.refuse('a certificate of another version')
    const root = reader.bytes(PUBLIC_KEY_BYTES)
    const device = reader.bytes(PUBLIC_KEY_BYTES)
    return { root, device, issuedAt: reader.u48(), signature: reader.bytes(SIGNATURE_BYTES) }
  })
}
