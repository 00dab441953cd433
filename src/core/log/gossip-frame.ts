import {
  AEAD_NONCE_BYTES,
  AEAD_TAG_BYTES,
  concatBytes,
  equalBytes,
  failure,
  fromHex,
  expectValue,
  hmacSha256,
  openWithNonce,
  sealWithNonce,
  type Result
} from '../bytes/index.ts'
import { decodeEntry, encodeEntry, isNewerEntry, MAX_ENTRY_BYTES, type Entry } from './entry.ts'

/**
 * A gossiped message: the whole entry sealed once more under keys of its room and day, so that an outsider who saw the
 * topic's name can neither write to it nor link its days. The nonce comes from the entry id: one entry, one message.
 *
 * | bytes | |
 * |---|---|
 * | 24 | nonce: the first 24 bytes of HMAC-SHA256(nonce key, entry id) |
 * | n + 16 | XChaCha20-Poly1305 of the entry |
 */
export interface GossipKeys {
  readonly sealKey: Uint8Array
  readonly nonceKey: Uint8Array
}

/** Why a message is not taken: it is broken, which its bringer could tell, or of a version that we do not know. */
export type GossipRefusal = 'broken' | 'newer'

export const MAX_GOSSIP_BYTES = AEAD_NONCE_BYTES + MAX_ENTRY_BYTES + AEAD_TAG_BYTES

export function sealGossip(keys: GossipKeys, entry: Entry): Uint8Array {
  const nonce = nonceFor(keys, entry)
  return concatBytes([nonce, sealWithNonce(keys.sealKey, nonce, encodeEntry(entry))])
}

export function openGossip(keys: GossipKeys, message: Uint8Array): Result<Entry, GossipRefusal> {
  if (message.length > MAX_GOSSIP_BYTES || message.length < AEAD_NONCE_BYTES + AEAD_TAG_BYTES) return failure('broken')
  const nonce = message.subarray(0, AEAD_NONCE_BYTES)
  const bytes = openWithNonce(keys.sealKey, nonce, message.subarray(AEAD_NONCE_BYTES))
  if (bytes === undefined) return failure('broken')
  if (isNewerEntry(bytes)) return failure('newer')
  const entry = decodeEntry(bytes)
  if (!entry.ok || !equalBytes(nonce, nonceFor(keys, entry.value))) return failure('broken')
  return entry
}

function nonceFor(keys: GossipKeys, entry: Entry): Uint8Array {
  return hmacSha256(keys.nonceKey, expectValue(fromHex(entry.id))).subarray(0, AEAD_NONCE_BYTES)
}
