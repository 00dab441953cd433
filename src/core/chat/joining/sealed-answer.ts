import { ByteWriter, decodeWith, sha256, type RandomBytes } from '../../bytes/index.ts'
import { openSealedTo, sealTo, SEAL_TO_BYTES } from '../../identity/index.ts'
import {
  decodeJoinAnswer,
  encodeJoinAnswer,
  MAX_JOIN_ANSWER_BYTES,
  type JoinAnswer,
  type JoinRequest
} from './join-codec.ts'

/**
 * An answer as it travels, directly or by a mailbox: `sealTo` the request's key, with SHA-256 of the whole request as additional data.
 *
 * | bytes | sealed |
 * |---|---|
 * | 4 + n | answer |
 * | n | zeros, up to a multiple of 1024: a refusal looks like most admissions |
 */
const USE = 'starling/join-answer/1'
const PAD_BYTES = 1024

export const MAX_SEALED_ANSWER_BYTES = SEAL_TO_BYTES + MAX_JOIN_ANSWER_BYTES + 4 + PAD_BYTES

/** Undefined when the request's key is none. @param limit of what comes out: content keys are left out for that */
export function sealAnswer(
  requestBytes: Uint8Array,
  { answerKey }: Pick<JoinRequest, 'answerKey'>,
  answer: JoinAnswer,
  random: RandomBytes,
  limit = MAX_SEALED_ANSWER_BYTES
): Uint8Array | undefined {
  const encoded = encodeJoinAnswer(answer, limit - SEAL_TO_BYTES - 4 - PAD_BYTES)
  const said = new ByteWriter().longBytes(encoded).finish()
  const padded = new Uint8Array(Math.ceil(said.length / PAD_BYTES) * PAD_BYTES)
  padded.set(said)
  return sealTo(answerKey, USE, padded, sha256(requestBytes), random)
}

/** Undefined when it is no answer to this request. @param secret of the request's key */
export function openAnswer(requestBytes: Uint8Array, secret: Uint8Array, sealed: Uint8Array): JoinAnswer | undefined {
  const padded = openSealedTo(secret, USE, sealed, sha256(requestBytes))
  const said =
    padded &&
    decodeWith(padded, reader => {
      const bytes = reader.longBytes(MAX_JOIN_ANSWER_BYTES)
      reader.rest()
      return bytes
    })
  const answer = said?.ok ? decodeJoinAnswer(said.value) : undefined
  return answer?.ok ? answer.value : undefined
}
