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
  sha256,
  success,
  type Result
} from '../bytes/index.ts'
import { decodeEntry, encodeEntry, isNewerEntry, MAX_ENTRY_BYTES, type Entry } from './entry.ts'

/**
 * A gossiped message: a whole entry, or a note, sealed once more under keys of its room and day, so that an outsider who
 * saw the topic's name can neither write to it nor link its days. The nonce comes from what is sealed: the same entry or
 * note gives the same message.
 *
 * | bytes | |
 * |---|---|
 * | 24 | nonce: the first 24 bytes of HMAC-SHA256(nonce key, entry id or SHA-256 of the note) |
 * | n + 16 | XChaCha20-Poly1305 of the entry, or of a zero byte and the note |
 */
export interface GossipKeys {
  readonly sealKey: Uint8Array
  readonly nonceKey: Uint8Array
}

export type Gossip =
  | { readonly kind: 'entry'; readonly entry: Entry }
  /** What holds for now and is kept by nobody; its meaning is for the layers above. */
  | { readonly kind: 'note'; readonly note: Uint8Array }

/** Why a message is not taken: it is broken, which its bringer could tell, or of a version that we do not know. */
export type GossipRefusal = 'broken' | 'newer'

export const MAX_GOSSIP_BYTES = AEAD_NONCE_BYTES + MAX_ENTRY_BYTES + AEAD_TAG_BYTES
/** A note goes to everybody in the room, again and again: it must cost less than what it is about. */
export const MAX_NOTE_BYTES = 8192
/** Where an entry has its version, which is never zero. */
const NOTE = Uint8Array.of(0)

export function sealGossip(keys: GossipKeys, gossip: Gossip): Uint8Array {
  const nonce = nonceFor(keys, gossip)
  const bytes = gossip.kind === 'entry' ? encodeEntry(gossip.entry) : concatBytes([NOTE, gossip.note])
  return concatBytes([nonce, sealWithNonce(keys.sealKey, nonce, bytes)])
}

export function openGossip(keys: GossipKeys, message: Uint8Array): Result<Gossip, GossipRefusal> {
  if (message.length > MAX_GOSSIP_BYTES || message.length < AEAD_NONCE_BYTES + AEAD_TAG_BYTES) return failure('broken')
  const nonce = message.subarray(0, AEAD_NONCE_BYTES)
  const bytes = openWithNonce(keys.sealKey, nonce, message.subarray(AEAD_NONCE_BYTES))
  if (bytes === undefined) return failure('broken')
  const gossip = bytes[0] === NOTE[0] ? decodeNote(bytes) : decodeGossiped(bytes)
  if (gossip.ok && !equalBytes(nonce, nonceFor(keys, gossip.value))) return failure('broken')
  return gossip
}

function decodeGossiped(bytes: Uint8Array): Result<Gossip, GossipRefusal> {
  if (isNewerEntry(bytes)) return failure('newer')
  const entry = decodeEntry(bytes)
  return entry.ok ? success({ kind: 'entry', entry: entry.value }) : failure('broken')
}

function decodeNote(bytes: Uint8Array): Result<Gossip, GossipRefusal> {
  const note = bytes.slice(NOTE.length)
  return note.length <= MAX_NOTE_BYTES ? success({ kind: 'note', note }) : failure('broken')
}

function nonceFor(keys: GossipKeys, gossip: Gossip): Uint8Array {
  const name = gossip.kind === 'entry' ? expectValue(fromHex(gossip.entry.id)) : sha256(gossip.note)
  return hmacSha256(keys.nonceKey, name).subarray(0, AEAD_NONCE_BYTES)
}
