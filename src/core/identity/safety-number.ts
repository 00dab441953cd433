import { concatBytes, expectValue, fromHex, sha512 } from '../bytes/index.ts'
import type { MemberId } from './certificate.ts'

/** Each round makes a search for a key with the same 30 digits dearer: together as dear as 2^112 hashes. */
const ITERATIONS = 5200
/** Of the construction, before the first round. */
const VERSION = Uint8Array.of(0, 0)
const CHUNKS = 6
const CHUNK_BYTES = 5
const CHUNK_DIGITS = 5

/**
 * 60 digits that two members compare over another way (by voice, side by side): the same for both, and for nobody else.
 * The numeric fingerprint of libsignal (`rust/protocol/src/fingerprint.rs`), version 0 of the hash, with the root key as
 * key and as identifier, since here a member is its root key.
 */
export function safetyNumber(one: MemberId, other: MemberId): string {
  const halves = [one, other].map(member => {
    const key = expectValue(fromHex(member))
    return numericFingerprint(key, key)
  })
  return halves.toSorted().join('')
}

/** The digits in groups of five, as they are read out. */
export function safetyNumberGroups(number: string): string[] {
  return number.match(/\d{5}/g) ?? []
}

/** 30 digits of a key and whose it is. */
export function numericFingerprint(key: Uint8Array, identifier: Uint8Array): string {
  let hash: Uint8Array = concatBytes([VERSION, key, identifier])
  for (let round = 0; round < ITERATIONS; round += 1) hash = sha512(concatBytes([hash, key]))
  return Array.from({ length: CHUNKS }, (_, chunk) => digitsOf(hash, chunk * CHUNK_BYTES)).join('')
}

function digitsOf(hash: Uint8Array, offset: number): string {
  const bytes = hash.subarray(offset, offset + CHUNK_BYTES)
  const value = bytes.reduce((sum, byte) => sum * 256 + byte, 0)
  return String(value % 10 ** CHUNK_DIGITS).padStart(CHUNK_DIGITS, '0')
}
