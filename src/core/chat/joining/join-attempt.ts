import { equalBytes, failure, success, type RandomBytes, type Result } from '../../bytes/index.ts'
import {
  decodeSignedWords,
  generationId,
  sealSignedWords,
  verifySignedWords,
  type OperationId
} from '../../encryption/index.ts'
import {
  AGREEMENT_KEY_BYTES,
  agreementKeyOf,
  signingKey,
  type DisplayName,
  type Identity
} from '../../identity/index.ts'
import type { JoinLink } from '../invite-link.ts'
import { encodeJoinRequest, type JoinAnswer } from './join-codec.ts'

/** A request on its way: to be stored until it is answered, for the answer may wait somewhere. */
export interface JoinAttempt {
  readonly link: JoinLink
  readonly request: Uint8Array
  /** X25519: opens the answer. */
  readonly answerSecret: Uint8Array
}

/** @param keyPackage what others need to add this device; its secret half must be stored before the request is made */
export async function prepareJoin(
  link: JoinLink,
  { identity, keyPackage, nick }: { identity: Identity; keyPackage: Uint8Array; nick: DisplayName },
  random: RandomBytes
): Promise<Result<JoinAttempt>> {
  const inviteKey = await signingKey(link.seed)
  const words = await verifySignedWords(link.roomId, link.words)
  if (!words.ok || !equalBytes(inviteKey.publicKey, link.said.key))
    return failure('this link was put together wrongly: ask for a new one')
  const answerSecret = random(AGREEMENT_KEY_BYTES)
  const answerKey = agreementKeyOf(answerSecret)
  const said = { ...link, certificate: identity.certificate, keyPackage, nick, answerKey }
  return success({ link, answerSecret, request: await encodeJoinRequest(said, identity.deviceKey, inviteKey) })
}

/**
 * Whether the answer comes from somebody who was in the room with this invite: only with the control key do its words become the entry
 * whose id stands in the link. Whoever has the link could say anything else. (Who was removed has that key still: then the log that
 * can be opened with the rest of the answer ends before the newcomer was let in.)
 */
export function isGenuine(answer: Extract<JoinAnswer, { kind: 'admitted' }>, { words, invite }: JoinLink): boolean {
  const decoded = decodeSignedWords(words)
  if (!decoded.ok) return false
  const { epoch } = decoded.value.start
  const generation = [...answer.generations.values()].find(each => equalBytes(generationId(each), epoch))
  const entry = generation && sealSignedWords(generation.controlKey, words)
  return entry?.ok === true && (entry.value.id as string as OperationId) === invite
}
