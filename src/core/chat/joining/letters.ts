import {
  AEAD_NONCE_BYTES,
  AEAD_TAG_BYTES,
  concatBytes,
  deriveKey,
  hmacSha256,
  openWithNonce,
  sealWithNonce
} from '../../bytes/index.ts'
import type { InviteSecrets } from './invite-secrets.ts'
import { MAX_JOIN_REQUEST_BYTES } from './join-codec.ts'
import { pad, unpad } from './padding.ts'

/**
 * A request as it waits in a mailbox, for the members and whoever else has the link: 24 bytes nonce, the first of HMAC-SHA256 of the request
 * under the mailbox key; then XChaCha20-Poly1305 of the padded request under that key. One request, one letter.
 */
export function sealRequest({ mailboxKey }: InviteSecrets, request: Uint8Array): Uint8Array {
  const nonce = hmacSha256(mailboxKey, request).subarray(0, AEAD_NONCE_BYTES)
  return concatBytes([nonce, sealWithNonce(mailboxKey, nonce, pad(request))])
}

/** The inverse; undefined when there is no request in it. */
export function openRequest({ mailboxKey }: InviteSecrets, letter: Uint8Array): Uint8Array | undefined {
  if (letter.length < AEAD_NONCE_BYTES + AEAD_TAG_BYTES) return undefined
  const nonce = letter.subarray(0, AEAD_NONCE_BYTES)
  const padded = openWithNonce(mailboxKey, nonce, letter.subarray(AEAD_NONCE_BYTES))
  return padded && unpad(padded, MAX_JOIN_REQUEST_BYTES)
}

/** The mailbox in which the answer to a request is left: known to those who can read the request. */
export function answerTag(answerKey: Uint8Array): Uint8Array {
  return deriveKey(answerKey, 'starling/join-answer-tag/1')
}
