import { sha256, type RandomBytes } from '../../bytes/index.ts'
import { openSealedTo, sealTo, SEAL_TO_BYTES } from '../../identity/index.ts'
import {
  decodeJoinAnswer,
  encodeJoinAnswer,
  MAX_JOIN_ANSWER_BYTES,
  type JoinAnswer,
  type JoinRequest
} from './join-codec.ts'
import { pad, PADDING_BYTES, unpad } from './padding.ts'

/**
 * An answer as it travels, directly or by a mailbox: padded, so that a refusal looks like most admissions, and sealed to the request's key
 * (`sealTo`), with SHA-256 of the whole request as additional data.
 */
const USE = 'starling/join-answer/1'
const OVERHEAD_BYTES = SEAL_TO_BYTES + 4 + PADDING_BYTES

export const MAX_SEALED_ANSWER_BYTES = OVERHEAD_BYTES + MAX_JOIN_ANSWER_BYTES

/** Undefined when the request's key is none, or the generations alone are more. @param limit of what comes out: content keys are left out for that */
export function sealAnswer(
  requestBytes: Uint8Array,
  { answerKey }: Pick<JoinRequest, 'answerKey'>,
  answer: JoinAnswer,
  random: RandomBytes,
  limit = MAX_SEALED_ANSWER_BYTES
): Uint8Array | undefined {
  const said = encodeJoinAnswer(answer, limit - OVERHEAD_BYTES)
  if (said.length > limit - OVERHEAD_BYTES) return undefined
  const padded = pad(said)
  return sealTo(answerKey, USE, padded, sha256(requestBytes), random)
}

/** Undefined when it is no answer to this request. @param secret of the request's key */
export function openAnswer(requestBytes: Uint8Array, secret: Uint8Array, sealed: Uint8Array): JoinAnswer | undefined {
  const padded = openSealedTo(secret, USE, sealed, sha256(requestBytes))
  const said = padded && unpad(padded, MAX_JOIN_ANSWER_BYTES)
  const answer = said && decodeJoinAnswer(said)
  return answer?.ok ? answer.value : undefined
}
