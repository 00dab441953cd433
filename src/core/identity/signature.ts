import { ed25519 } from '@noble/curves/ed25519.js'
import { CappedMap, concatBytes, encodeUtf8, toHex } from '../bytes/index.ts'

/** Ed25519 (RFC 8032): seeds and public keys of 32 bytes, signatures of 64. */
export const SEED_BYTES = 32
export const PUBLIC_KEY_BYTES = 32
export const SIGNATURE_BYTES = 64

/** Imported public keys kept, about 1 KB each: importing costs a fifth of verifying. */
const MAX_CACHED_KEYS = 1024

/** DER of a PKCS #8 Ed25519 private key (RFC 8410, section 7) up to the seed. */
const PKCS8_PREFIX = Uint8Array.of(48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32)

const publicKeys = new CappedMap<string, Promise<CryptoKey | undefined>>(MAX_CACHED_KEYS)

/** A private key that signs; what is signed always carries a tag, so that one kind of signature never passes for another. */
export interface SigningKey {
  readonly publicKey: Uint8Array
  sign(tag: string, message: Uint8Array): Promise<Uint8Array>
}

export async function signingKey(seed: Uint8Array): Promise<SigningKey> {
  const pkcs8 = bufferSource(concatBytes([PKCS8_PREFIX, seed]))
  const key = await crypto.subtle.importKey('pkcs8', pkcs8, 'Ed25519', false, ['sign'])
  return {
    publicKey: ed25519.getPublicKey(seed),
    sign: async (tag, message) => new Uint8Array(await crypto.subtle.sign('Ed25519', key, tagged(tag, message)))
  }
}

/** Whether `signature` over the tagged message is by `publicKey`; false for malformed keys and signatures, too. */
export async function verifySignature(
  publicKey: Uint8Array,
  tag: string,
  message: Uint8Array,
  signature: Uint8Array
): Promise<boolean> {
  return verifyUntagged(publicKey, tagged(tag, message), signature)
}

/** Bare Ed25519, so that published test vectors can be run: nothing here signs without a tag. */
export async function verifyUntagged(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array
): Promise<boolean> {
  const key = await importedKey(publicKey)
  if (key === undefined) return false
  return crypto.subtle.verify('Ed25519', key, bufferSource(signature), bufferSource(message))
}

async function importedKey(publicKey: Uint8Array): Promise<CryptoKey | undefined> {
  const name = toHex(publicKey)
  const known = publicKeys.get(name)
  if (known !== undefined) return known
  const imported = importPublicKey(publicKey)
  publicKeys.set(name, imported)
  return imported
}

/** Implementations differ on keys of small order and on non-canonical ones: here they are never valid. */
async function importPublicKey(publicKey: Uint8Array): Promise<CryptoKey | undefined> {
  try {
    if (ed25519.Point.fromBytes(publicKey, false).isSmallOrder()) return undefined
    return await crypto.subtle.importKey('raw', bufferSource(publicKey), 'Ed25519', false, ['verify'])
  } catch {
    return undefined
  }
}

function tagged(tag: string, message: Uint8Array): Uint8Array<ArrayBuffer> {
  return bufferSource(concatBytes([encodeUtf8(`starling/${tag}/1`), Uint8Array.of(0), message]))
}

/** WebCrypto takes no views of shared memory, which the type of a plain `Uint8Array` admits. */
function bufferSource(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes)
}
