import {
  type ByteReader,
  ByteWriter,
  concatBytes,
  decodeWith,
  encodeUtf8,
  expectValue,
  failure,
  fromHex,
  success,
  toHex,
  type Result
} from '../../bytes/index.ts'
import {
  decodeInvite,
  OPERATION_KIND,
  readGeneration,
  verifySignedWords,
  writeGeneration,
  type EpochId,
  type Generation,
  type OperationId,
  type RoomId
} from '../../encryption/index.ts'
import {
  AGREEMENT_KEY_BYTES,
  CERTIFICATE_BYTES,
  SIGNATURE_BYTES,
  verifyCertificate,
  verifySignature,
  type DeviceCertificate,
  type DisplayName,
  type SigningKey
} from '../../identity/index.ts'
import { ENTRY_ID_BYTES, EPOCH_ID_BYTES, type EntryId } from '../../log/index.ts'
import { decodeNick } from '../room/content.ts'

/**
 * What somebody who has an invite's link asks a member for.
 *
 * | bytes | |
 * |---|---|
 * | 1 | version, 1 |
 * | 32 | room id |
 * | 32 | id of the invite |
 * | 2 + n | the invite's signed words (`signedWordsOf`), for a member that has not seen it |
 * | 199 | device certificate of the newcomer |
 * | 2 + n | key package: what its device is added to the group with |
 * | 2 + n | nickname, UTF-8 |
 * | 32 | X25519 key that the answer is sealed to: made for this request |
 * | 64 | signature by the newcomer's device over all before, tag `join` |
 * | 64 | signature by the invite's key over all before, tag `join-invite` |
 *
 * Who hears a request and says it again gains nothing by that: it asks for the newcomer's own device to come in, which only that device
 * can use; the answer opens for the newcomer alone; and the key package in it brings the device in once. Signing by the invite's key
 * shows that its link is held, so those who saw no more than the operation in the room's log cannot ask.
 */
export interface JoinRequest {
  readonly roomId: RoomId
  readonly invite: OperationId
  readonly words: Uint8Array
  /** Of the invite, as its words have it: who holds the other half signed this request. */
  readonly inviteKey: Uint8Array
  readonly certificate: DeviceCertificate
  readonly keyPackage: Uint8Array
  /** Undefined when the one given may not be shown. */
  readonly nick: DisplayName | undefined
  readonly answerKey: Uint8Array
}

/**
 * What comes back, before it is sealed (`sealed-answer.ts`).
 *
 * | bytes | |
 * |---|---|
 * | 1 | version, 1 |
 * | 1 | 1 admitted, 2 expired, 3 revoked, 4 used up, 5 banned, 6 room closed, 7 this device of the member was revoked, 8 not for this member to allow |
 * | 2, then 112 n | admitted: generations (at most 4,096), each: epoch that it began with 16, control key 32, rendezvous secret 32, keeper tag 32 |
 * | 2, then 48 n | admitted: content keys (at most 16,384), each: epoch 16, key 32; those that matter most first |
 * | 2, then 64 n | admitted, where there are any: keys of single bodies (at most 12,288), each: entry 32, key 32; those that matter most first |
 */
export type JoinAnswer =
  | { readonly kind: 'refused'; readonly reason: Refusal }
  | {
      readonly kind: 'admitted'
      readonly generations: ReadonlyMap<EpochId, Generation>
      /** As the room's history policy has it. Those that matter most first: where an answer must be short, the last are left out. */
      readonly contentKeys: ReadonlyMap<EpochId, Uint8Array>
      /** Of entries whose epochs have others in them that are not to be read; likewise, content keys before them. */
      readonly bodyKeys: ReadonlyMap<EntryId, Uint8Array>
    }

export type Refusal = 'expired' | 'revoked' | 'used-up' | 'banned' | 'closed' | 'device-revoked' | 'not-allowed'

/** One for each removal: a newcomer needs all, to read from the beginning who may do what. */
const MAX_GENERATIONS = 4096
/** As many as a room takes operations: each may begin an epoch. */
const MAX_CONTENT_KEYS = 16_384
/** They fit where content keys would. */
export const MAX_BODY_KEYS = 12_288
/** An invite with as many parents as an operation may have comes to some 800. */
export const MAX_INVITE_WORDS_BYTES = 1024
/** As in an operation. */
export const MAX_KEY_PACKAGE_BYTES = 4096
export const MAX_NICK_BYTES = 1024
const KEY_BYTES = 32
const CONTENT_KEY_BYTES = EPOCH_ID_BYTES + KEY_BYTES
const BODY_KEY_BYTES = ENTRY_ID_BYTES + KEY_BYTES
const GENERATION_BYTES = EPOCH_ID_BYTES + 3 * KEY_BYTES

export const MAX_JOIN_REQUEST_BYTES =
  1 +
  2 * ENTRY_ID_BYTES +
  3 * 2 +
  MAX_INVITE_WORDS_BYTES +
  CERTIFICATE_BYTES +
  MAX_KEY_PACKAGE_BYTES +
  MAX_NICK_BYTES +
  AGREEMENT_KEY_BYTES +
  2 * SIGNATURE_BYTES
export const MAX_JOIN_ANSWER_BYTES =
  2 + 3 * 2 + MAX_GENERATIONS * GENERATION_BYTES + MAX_CONTENT_KEYS * CONTENT_KEY_BYTES

const VERSION = 1
const DEVICE_TAG = 'join'
const INVITE_TAG = 'join-invite'
const ADMITTED = 1
/** By their number on the wire, less 2. */
const REFUSALS = ['expired', 'revoked', 'used-up', 'banned', 'closed', 'device-revoked', 'not-allowed'] as const

type RequestWords = Omit<JoinRequest, 'inviteKey' | 'nick'> & { readonly nick: DisplayName }

export async function encodeJoinRequest(
  request: RequestWords,
  device: SigningKey,
  invite: SigningKey
): Promise<Uint8Array> {
  const said = new ByteWriter()
    .u8(VERSION)
    .bytes(expectValue(fromHex(request.roomId)))
    .bytes(expectValue(fromHex(request.invite)))
    .shortBytes(request.words)
    .bytes(request.certificate.bytes)
    .shortBytes(request.keyPackage)
    .shortBytes(encodeUtf8(request.nick))
    .bytes(request.answerKey)
    .finish()
  const agreed = concatBytes([said, await device.sign(DEVICE_TAG, said)])
  return concatBytes([agreed, await invite.sign(INVITE_TAG, agreed)])
}

/** The room that a request is for, before anything of it is checked. */
export function roomOfRequest(bytes: Uint8Array): RoomId {
  return toHex(bytes.subarray(1, 1 + KEY_BYTES)) as RoomId
}

/**
 * The request in these bytes, if it is well-formed, and the newcomer's device, the invite's key and the author of the invite have each
 * signed their part of it.
 */
export async function verifyJoinRequest(bytes: Uint8Array): Promise<Result<JoinRequest>> {
  const decoded = decodeWith(bytes, readRequest)
  if (!decoded.ok) return decoded
  const { ofDevice, ofInvite, certificate: certificateBytes, ...request } = decoded.value
  const agreed = bytes.subarray(0, bytes.length - SIGNATURE_BYTES)
  const said = agreed.subarray(0, agreed.length - SIGNATURE_BYTES)
  const words = await verifySignedWords(request.roomId, request.words)
  if (!words.ok) return failure(words.error)
  const { kind, content } = words.value.body
  const invite = kind === OPERATION_KIND ? decodeInvite(content) : failure('no invite')
  if (!invite.ok) return failure(invite.error)
  const { key: inviteKey } = invite.value
  if (!(await verifySignature(inviteKey, INVITE_TAG, agreed, ofInvite))) return failure('not by the key of the invite')
  const certificate = await verifyCertificate(certificateBytes)
  if (!certificate.ok) return failure(certificate.error)
  const device = expectValue(fromHex(certificate.value.device))
  if (!(await verifySignature(device, DEVICE_TAG, said, ofDevice)))
    return failure('not by the device that is to come in')
  return success({ ...request, inviteKey, certificate: certificate.value })
}

/** @param limit what it must fit in: keys of bodies are left out for that, then content keys, from the last on */
export function encodeJoinAnswer(answer: JoinAnswer, limit = MAX_JOIN_ANSWER_BYTES): Uint8Array {
  const writer = new ByteWriter().u8(VERSION)
  if (answer.kind === 'refused') return writer.u8(REFUSALS.indexOf(answer.reason) + 2).finish()
  const { generations, contentKeys, bodyKeys } = answer
  writer.u8(ADMITTED).u16(generations.size)
  for (const [epoch, generation] of generations) writeGeneration(writer.bytes(expectValue(fromHex(epoch))), generation)
  const left = limit - (2 + 3 * 2 + generations.size * GENERATION_BYTES)
  const keys = [...contentKeys].slice(0, Math.max(0, Math.floor(left / CONTENT_KEY_BYTES)))
  writeKeys(writer, keys)
  const leftForBodies = left - keys.length * CONTENT_KEY_BYTES
  const ofBodies = [...bodyKeys].slice(0, Math.max(0, Math.floor(leftForBodies / BODY_KEY_BYTES)))
  if (ofBodies.length > 0) writeKeys(writer, ofBodies)
  return writer.finish()
}

function writeKeys(writer: ByteWriter, keys: readonly (readonly [id: string, key: Uint8Array])[]): void {
  writer.u16(keys.length)
  for (const [id, key] of keys) writer.bytes(expectValue(fromHex(id))).bytes(key)
}

export function decodeJoinAnswer(bytes: Uint8Array): Result<JoinAnswer> {
  return decodeWith(bytes, readAnswer)
}

function readRequest(reader: ByteReader) {
  if (reader.u8() !== VERSION) reader.refuse('a request of another version')
  return {
    roomId: toHex(reader.bytes(KEY_BYTES)) as RoomId,
    invite: toHex(reader.bytes(ENTRY_ID_BYTES)) as OperationId,
    words: reader.shortBytes(MAX_INVITE_WORDS_BYTES),
    certificate: reader.bytes(CERTIFICATE_BYTES),
    keyPackage: reader.shortBytes(MAX_KEY_PACKAGE_BYTES),
    nick: decodeNick(reader.shortBytes(MAX_NICK_BYTES)),
    answerKey: reader.bytes(AGREEMENT_KEY_BYTES),
    ofDevice: reader.bytes(SIGNATURE_BYTES),
    ofInvite: reader.bytes(SIGNATURE_BYTES)
  }
}

function readAnswer(reader: ByteReader): JoinAnswer {
  if (reader.u8() !== VERSION) reader.refuse('an answer of another version')
  const code = reader.u8()
  const reason = REFUSALS[code - 2]
  if (reason !== undefined) return { kind: 'refused', reason }
  if (code !== ADMITTED) reader.refuse(`an answer of ${code}`)
  const readKey = (): Uint8Array => reader.bytes(KEY_BYTES)
  const generations = readById<EpochId, Generation>(reader, EPOCH_ID_BYTES, MAX_GENERATIONS, () =>
    readGeneration(reader)
  )
  const contentKeys = readById<EpochId, Uint8Array>(reader, EPOCH_ID_BYTES, MAX_CONTENT_KEYS, readKey)
  if (reader.remaining === 0) return { kind: 'admitted', generations, contentKeys, bodyKeys: new Map() }
  const bodyKeys = readById<EntryId, Uint8Array>(reader, ENTRY_ID_BYTES, MAX_BODY_KEYS, readKey)
  if (bodyKeys.size === 0) reader.refuse('keys of no bodies')
  return { kind: 'admitted', generations, contentKeys, bodyKeys }
}

function readById<Id extends string, T>(reader: ByteReader, idBytes: number, limit: number, read: () => T): Map<Id, T> {
  const count = reader.u16()
  if (count > limit) reader.refuse(`${count} ids, ${limit} allowed`)
  const byId = new Map<Id, T>()
  for (let index = 0; index < count; index += 1) byId.set(toHex(reader.bytes(idBytes)) as Id, read())
  if (byId.size !== count) reader.refuse('an id twice')
  return byId
}
