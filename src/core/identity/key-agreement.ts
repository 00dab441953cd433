import { ed25519, x25519 } from '@noble/curves/ed25519.js'
import { AEAD_TAG_BYTES, concatBytes, deriveKey, openOnce, sealOnce, type RandomBytes } from '../bytes/index.ts'

/** X25519 (RFC 7748): secrets and public keys of 32 bytes. */
export const AGREEMENT_KEY_BYTES = 32
/** What `sealTo` adds. */
export const SEAL_TO_BYTES = AGREEMENT_KEY_BYTES + AEAD_TAG_BYTES

export function agreementKeyOf(secret: Uint8Array): Uint8Array {
  return x25519.getPublicKey(secret)
}

/**
 * For whoever holds the secret of `key` alone, in the manner of HPKE's base mode (RFC 9180, section 5): the public half of a key made
 * for this message, then ChaCha20-Poly1305 under HKDF of what both come to. Says nothing about who sealed it. Undefined for a
 * key of small order.
 * @param use separates the uses of one key from each other
 */
export function sealTo(
  key: Uint8Array,
  use: string,
  plaintext: Uint8Array,
  additionalData: Uint8Array,
  random: RandomBytes
): Uint8Array | undefined {
  const secret = random(AGREEMENT_KEY_BYTES)
  const own = agreementKeyOf(secret)
  const sealKey = agree(secret, key, use, concatBytes([own, key]))
  return sealKey && concatBytes([own, sealOnce(sealKey, plaintext, additionalData)])
}

/** The inverse of `sealTo`, with the secret of the key; undefined when it does not open. */
export function openSealedTo(
  secret: Uint8Array,
  use: string,
  sealed: Uint8Array,
  additionalData: Uint8Array
): Uint8Array | undefined {
  if (sealed.length < SEAL_TO_BYTES) return undefined
  const other = sealed.subarray(0, AGREEMENT_KEY_BYTES)
  const sealKey = agree(secret, other, use, concatBytes([other, agreementKeyOf(secret)]))
  return sealKey && openOnce(sealKey, sealed.subarray(AGREEMENT_KEY_BYTES), additionalData)
}

/**
 * The X25519 key that belongs to an Ed25519 one (RFC 7748, section 4.1: the map between the two curves), so that a device can be written to by
 * whoever knows its id. That one pair both signs and agrees on keys is sound where the two are told apart, as here by tags and uses
 * (Thormarker, "On using the same key pair for Ed25519 and an X25519 based KEM", 2021). Undefined for what is no point.
 */
export function agreementKeyOfSigner(publicKey: Uint8Array): Uint8Array | undefined {
  try {
    return ed25519.utils.toMontgomery(publicKey)
  } catch {
    return undefined
  }
}

/** Its secret half, from the seed that signs. */
export function agreementSecretOfSigner(seed: Uint8Array): Uint8Array {
  return ed25519.utils.toMontgomerySecret(seed)
}

/** What the two who hold these keys alone come to, each with its own secret; the salt binds it to more. */
export function agree(secret: Uint8Array, key: Uint8Array, use: string, salt: Uint8Array): Uint8Array | undefined {
  try {
    return deriveKey(x25519.getSharedSecret(secret, key), use, 32, salt)
  } catch {
    // noble refuses keys of small order, with which everybody would come to the same.
    return undefined
  }
}
