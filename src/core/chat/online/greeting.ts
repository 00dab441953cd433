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

/** Where a hello holds: in this room, under the exchange keys with this tag alone, which are of one secret and day. */
export interface Place {
  readonly room: RoomId
  readonly tag: Uint8Array
}

/** A hello by this device to one peer, which nobody can repeat to another or through another PeerId. */
export async function createHello(
  identity: Identity,
  place: Place,
  direction: Direction,
  said: Pick<Hello, 'role' | 'time'> & { readonly nick: DisplayName }
): Promise<Hello> {
  const signature = await identity.deviceKey.sign(TAG, signedBytes(place, said.role, direction))
  return { ...said, certificate: identity.certificate.bytes, signature }
}

/** Whose device speaks through the PeerId that the hello came from; undefined when the hello does not show it. */
export async function verifyHello(
  hello: Hello,
  place: Place,
  direction: Direction
): Promise<DeviceCertificate | undefined> {
  const certificate = await verifyCertificate(hello.certificate)
  if (!certificate.ok) return undefined
  const device = expectValue(fromHex(certificate.value.device))
  const genuine = await verifySignature(device, TAG, signedBytes(place, hello.role, direction), hello.signature)
  return genuine ? certificate.value : undefined
}

function signedBytes({ room, tag }: Place, role: Role, { from, to }: Direction): Uint8Array {
  return concatBytes([expectValue(fromHex(room)), tag, Uint8Array.of(ROLE_CODES[role]), encodeUtf8(`${from}\n${to}`)])
}
