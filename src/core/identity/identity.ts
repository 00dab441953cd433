import { ByteWriter, decodeWith, type Millis, type RandomBytes, type Result } from '../bytes/index.ts'
import { certifyDevice, type DeviceCertificate } from './certificate.ts'
import { SEED_BYTES, signingKey, type SigningKey } from './signature.ts'

/** The secrets of one device of a member: what is stored. */
export interface IdentitySecrets {
  readonly rootSeed: Uint8Array
  readonly deviceSeed: Uint8Array
  readonly certifiedAt: Millis
}

/** A member as it acts on this device: the root certifies, the device signs. */
export interface Identity {
  readonly certificate: DeviceCertificate
  readonly deviceKey: SigningKey
  /** Private half of the device key, 32 bytes: group keys are signed with it, too. */
  readonly deviceSeed: Uint8Array
}

const VERSION = 1

export function createIdentitySecrets(random: RandomBytes, now: Millis): IdentitySecrets {
  return { rootSeed: random(SEED_BYTES), deviceSeed: random(SEED_BYTES), certifiedAt: now }
}

export async function openIdentity(secrets: IdentitySecrets): Promise<Identity> {
  const root = await signingKey(secrets.rootSeed)
  const deviceKey = await signingKey(secrets.deviceSeed)
  const certificate = await certifyDevice(root, deviceKey, secrets.certifiedAt)
  return { deviceKey, deviceSeed: secrets.deviceSeed, certificate }
}

export function encodeIdentitySecrets(secrets: IdentitySecrets): Uint8Array {
  return new ByteWriter()
    .u8(VERSION)
    .bytes(secrets.rootSeed)
    .bytes(secrets.deviceSeed)
    .u48(secrets.certifiedAt)
    .finish()
}

export function decodeIdentitySecrets(bytes: Uint8Array): Result<IdentitySecrets> {
  return decodeWith(bytes, reader => {
    if (reader.u8() !== VERSION) reader.refuse('an identity of another version')
    return { rootSeed: reader.bytes(SEED_BYTES), deviceSeed: reader.bytes(SEED_BYTES), certifiedAt: reader.u48() }
  })
}
