import {
  ByteWriter,
  concatBytes,
  decodeWith,
  failure,
  success,
  toHex,
  type Millis,
  type Result
} from '../bytes/index.ts'
import { PUBLIC_KEY_BYTES, SIGNATURE_BYTES, verifySignature, type SigningKey } from './signature.ts'

/** A member: the root public key in lower-case hex. */
export type MemberId = string & { readonly __brand: 'MemberId' }
/** A device of a member: the device's public key in lower-case hex. */
export type DeviceId = string & { readonly __brand: 'DeviceId' }

/**
 * A device and its member, each by the other's word: the root key's alone would let anybody pass off another's device
 * as a device of theirs, and so become the author of what it says.
 *
 * | bytes | |
 * |---|---|
 * | 1 | version, 2 |
 * | 32 | root public key |
 * | 32 | device public key |
 * | 6 | issued at, Unix ms |
 * | 64 | signature by the device over all before, tag `member` |
 * | 64 | signature by the root over all before, tag `device` |
 */
export interface DeviceCertificate {
  readonly member: MemberId
  readonly device: DeviceId
  readonly issuedAt: Millis
  readonly bytes: Uint8Array
}

export const CERTIFICATE_BYTES = 1 + 2 * PUBLIC_KEY_BYTES + 6 + 2 * SIGNATURE_BYTES

const VERSION = 2
const DEVICE_TAG = 'member'
const ROOT_TAG = 'device'

export async function certifyDevice(
  root: SigningKey,
  device: SigningKey,
  issuedAt: Millis
): Promise<DeviceCertificate> {
  const said = new ByteWriter().u8(VERSION).bytes(root.publicKey).bytes(device.publicKey).u48(issuedAt).finish()
  const agreed = concatBytes([said, await device.sign(DEVICE_TAG, said)])
  const bytes = concatBytes([agreed, await root.sign(ROOT_TAG, agreed)])
  return { member: memberIdOf(root.publicKey), device: deviceIdOf(device.publicKey), issuedAt, bytes }
}

/** The certificate in these bytes, if it is well-formed and both really signed it. */
export async function verifyCertificate(bytes: Uint8Array): Promise<Result<DeviceCertificate>> {
  const decoded = decodeCertificate(bytes)
  if (!decoded.ok) return decoded
  const { root, device, issuedAt, ofDevice, ofRoot } = decoded.value
  const agreed = bytes.subarray(0, bytes.length - SIGNATURE_BYTES)
  const said = agreed.subarray(0, agreed.length - SIGNATURE_BYTES)
  const isAgreed = await verifySignature(device, DEVICE_TAG, said, ofDevice)
  if (!isAgreed || !(await verifySignature(root, ROOT_TAG, agreed, ofRoot)))
    return failure('a certificate with a wrong signature')
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
    const issuedAt = reader.u48()
    return { root, device, issuedAt, ofDevice: reader.bytes(SIGNATURE_BYTES), ofRoot: reader.bytes(SIGNATURE_BYTES) }
  })
}
