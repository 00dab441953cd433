import { concatBytes, encodeUtf8, expectValue, fromHex } from '../../bytes/index.ts'
import type { RoomId } from '../../encryption/index.ts'
import {
  verifyCertificate,
  verifySignature,
  type DeviceCertificate,
  type DisplayName,
  type Identity
} from '../../identity/index.ts'
import { ROLE_CODES, type Direction, type Hello, type Role } from './exchange-codec.ts'

const TAG = 'hello'

/** A hello by this device to one peer, which nobody can repeat to another or through another PeerId. */
export async function createHello(
  identity: Identity,
  room: RoomId,
  direction: Direction,
  said: Pick<Hello, 'role' | 'time'> & { readonly nick: DisplayName }
): Promise<Hello> {
  const signature = await identity.deviceKey.sign(TAG, signedBytes(room, said.role, direction))
  return { ...said, certificate: identity.certificate.bytes, signature }
}

/** Whose device speaks through the PeerId that the hello came from; undefined when the hello does not show it. */
export async function verifyHello(
  hello: Hello,
  room: RoomId,
  direction: Direction
): Promise<DeviceCertificate | undefined> {
  const certificate = await verifyCertificate(hello.certificate)
  if (!certificate.ok) return undefined
  const device = expectValue(fromHex(certificate.value.device))
  const genuine = await verifySignature(device, TAG, signedBytes(room, hello.role, direction), hello.signature)
  return genuine ? certificate.value : undefined
}

function signedBytes(room: RoomId, role: Role, { from, to }: Direction): Uint8Array {
  return concatBytes([expectValue(fromHex(room)), Uint8Array.of(ROLE_CODES[role]), encodeUtf8(`${from}\n${to}`)])
}
