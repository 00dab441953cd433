import { equalBytes, failure, success, type RandomBytes, type Result } from '../../bytes/index.ts'
import {
  decodeSignedWords,
  generationId,
  sealSignedWords,
  verifySignedWords,
  type OperationId,
  type RoomId
} from '../../encryption/index.ts'
import {
  AGREEMENT_KEY_BYTES,
  agreementKeyOf,
  signingKey,
  type DisplayName,
  type Identity
} from '../../identity/index.ts'
import type { JoinLink } from '../invite-link.ts'
import { encodeDeviceRequest } from './device-request.ts'
import { deviceSecrets, inviteSecrets, type InviteSecrets } from './invite-secrets.ts'
import { encodeJoinRequest, type JoinAnswer } from './join-codec.ts'

/** A request on its way: to be stored until it is answered, for the answer may wait somewhere. */
export interface JoinAttempt {
  /** Of members. */
  readonly addresses: readonly string[]
  /** Where they meet. */
  readonly meetings: readonly InviteSecrets[]
  /** Whether the room itself meets there: then what is said there is not for this device yet. */
  readonly isAtRoom: boolean
  readonly request: Uint8Array
  /** X25519: opens the answer. */
  readonly answerSecret: Uint8Array
  /** Whether the answer comes from somebody who was in the room: whoever meets there could say anything. */
  readonly isGenuine: (answer: Admitted) => boolean
}

export type Admitted = Extract<JoinAnswer, { kind: 'admitted' }>

/** What a device is told of a room of its member's by another device of theirs. */
export interface OwnRoomHint {
  readonly id: RoomId
  /** Rendezvous secrets, newest first: at least one. */
  readonly meetings: readonly Uint8Array[]
  readonly addresses: readonly string[]
}

/**
 * @param keyPackage what others need to add this device; its secret half must be stored before the request is made
 * @param known as of `attemptByLink`
 */
export async function prepareJoin(
  link: JoinLink,
  { identity, keyPackage, nick }: { identity: Identity; keyPackage: Uint8Array; nick: DisplayName },
  random: RandomBytes,
  known: readonly Uint8Array[] = []
): Promise<Result<JoinAttempt>> {
  const inviteKey = await signingKey(link.seed)
  const words = await verifySignedWords(link.roomId, link.words)
  if (!words.ok || !equalBytes(inviteKey.publicKey, link.said.key))
    return failure('this link was put together wrongly: ask for a new one')
  const answerSecret = random(AGREEMENT_KEY_BYTES)
  const answerKey = agreementKeyOf(answerSecret)
  const said = { ...link, certificate: identity.certificate, keyPackage, nick, answerKey }
  return success(attemptByLink(link, await encodeJoinRequest(said, identity.deviceKey, inviteKey), answerSecret, known))
}

/**
 * The attempt that this request belongs to.
 * @param known rendezvous secrets of the room by which whoever comes back knows that it is this room which answers; none of a newcomer
 */
export function attemptByLink(
  link: JoinLink,
  request: Uint8Array,
  answerSecret: Uint8Array,
  known: readonly Uint8Array[] = []
): JoinAttempt {
  const meetings = [inviteSecrets(link.said.key)]
  const isOfInvite = (answer: Admitted): boolean =>
    isGenuine(answer, link) && (known.length === 0 || knowsOneOf(answer, known))
  return { addresses: link.addresses, meetings, isAtRoom: false, request, answerSecret, isGenuine: isOfInvite }
}

/** As `prepareJoin`, of a further device of somebody who is in. */
export async function prepareDevice(
  hint: OwnRoomHint,
  { identity, keyPackage, nick }: { identity: Identity; keyPackage: Uint8Array; nick: DisplayName },
  random: RandomBytes
): Promise<JoinAttempt> {
  const answerSecret = random(AGREEMENT_KEY_BYTES)
  const answerKey = agreementKeyOf(answerSecret)
  const said = { roomId: hint.id, certificate: identity.certificate, keyPackage, nick, answerKey }
  return attemptAsDevice(hint, await encodeDeviceRequest(said, identity.deviceKey), answerSecret)
}

export function attemptAsDevice(hint: OwnRoomHint, request: Uint8Array, answerSecret: Uint8Array): JoinAttempt {
  const { addresses, meetings } = hint
  return {
    addresses,
    meetings: meetings.map(deviceSecrets),
    isAtRoom: true,
    request,
    answerSecret,
    isGenuine: answer => knowsOneOf(answer, meetings)
  }
}

/** Only who was in has the secrets by which members met. */
function knowsOneOf({ generations }: Admitted, meetings: readonly Uint8Array[]): boolean {
  return [...generations.values()].some(each => meetings.some(known => equalBytes(known, each.rendezvousSecret)))
}

/**
 * Whether the answer comes from somebody who was in the room with this invite: only with the control key do its words become the entry
 * whose id stands in the link. Whoever has the link could say anything else. (Who was removed has that key still: then the log that
 * can be opened with the rest of the answer ends before the newcomer was let in.)
 */
function isGenuine(answer: Admitted, { words, invite }: JoinLink): boolean {
  const decoded = decodeSignedWords(words)
  if (!decoded.ok) return false
  const { epoch } = decoded.value.start
  const generation = [...answer.generations.values()].find(each => equalBytes(generationId(each), epoch))
  const entry = generation && sealSignedWords(generation.controlKey, words)
  return entry?.ok === true && (entry.value.id as string as OperationId) === invite
}
