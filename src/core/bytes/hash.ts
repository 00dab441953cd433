import { expand, extract, hkdf } from '@noble/hashes/hkdf.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 as nobleSha256, sha512 as nobleSha512 } from '@noble/hashes/sha2.js'
import { encodeUtf8 } from './text.ts'

/** SHA-256 (FIPS 180-4), 32 bytes. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return nobleSha256(bytes)
}

/** SHA-512 (FIPS 180-4), 64 bytes. */
export function sha512(bytes: Uint8Array): Uint8Array {
  return nobleSha512(bytes)
}

/** HMAC-SHA256 (RFC 2104), 32 bytes. */
export function hmacSha256(key: Uint8Array, message: Uint8Array): Uint8Array {
  return hmac(nobleSha256, key, message)
}

/**
 * HKDF-SHA256 (RFC 5869) with a textual `info`, which separates the uses of one secret from each other.
 * @param length of the result, in bytes
 */
export function deriveKey(secret: Uint8Array, info: string, length = 32, salt?: Uint8Array): Uint8Array {
  return hkdf(nobleSha256, secret, salt, encodeUtf8(info), length)
}

/** The first half of HKDF-SHA256: a key of 32 bytes from a secret. */
export function extractKey(salt: Uint8Array, secret: Uint8Array): Uint8Array {
  return extract(nobleSha256, secret, salt)
}

/** The second half: `length` bytes from such a key. */
export function expandKey(key: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  return expand(nobleSha256, key, info, length)
}
