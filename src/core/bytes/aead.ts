import { chacha20poly1305, xchacha20poly1305 } from '@noble/ciphers/chacha.js'

/** Bytes that sealing adds: the Poly1305 tag. */
export const AEAD_TAG_BYTES = 16
/** Nonce of `sealWithNonce`, long enough to be drawn at random. */
export const AEAD_NONCE_BYTES = 24

const ZERO_NONCE = new Uint8Array(12)

/**
 * ChaCha20-Poly1305 (RFC 8439) with the all-zero nonce: `key` (32 B) must seal one message only, which holds when it is
 * derived from a random salt.
 */
export function sealOnce(key: Uint8Array, plaintext: Uint8Array, additionalData: Uint8Array): Uint8Array {
  return chacha20poly1305(key, ZERO_NONCE, additionalData).encrypt(plaintext)
}

/** The inverse of `sealOnce`, or undefined when key, data and bytes do not belong together. */
export function openOnce(key: Uint8Array, sealed: Uint8Array, additionalData: Uint8Array): Uint8Array | undefined {
  return decrypt(() => chacha20poly1305(key, ZERO_NONCE, additionalData).decrypt(sealed))
}

/** XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03): `key` 32 B, `nonce` 24 B. */
export function sealWithNonce(
  key: Uint8Array,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  additionalData?: Uint8Array
): Uint8Array {
  return xchacha20poly1305(key, nonce, additionalData).encrypt(plaintext)
}

/** The inverse of `sealWithNonce`, or undefined when its arguments do not belong together. */
export function openWithNonce(
  key: Uint8Array,
  nonce: Uint8Array,
  sealed: Uint8Array,
  additionalData?: Uint8Array
): Uint8Array | undefined {
  return decrypt(() => xchacha20poly1305(key, nonce, additionalData).decrypt(sealed))
}

function decrypt(run: () => Uint8Array): Uint8Array | undefined {
  try {
    return run()
  } catch {
    return undefined
  }
}
