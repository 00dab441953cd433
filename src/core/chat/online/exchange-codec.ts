import {
  AEAD_NONCE_BYTES,
  AEAD_TAG_BYTES,
  type ByteReader,
  ByteWriter,
  concatBytes,
  decodeWith,
  encodeUtf8,
  equalBytes,
  expectValue,
  failure,
  fromHex,
  openWithNonce,
  sealWithNonce,
  toHex,
  type Millis,
  type RandomBytes,
  type Result
} from '../../bytes/index.ts'
import { encodeLacked, readLacked, type Lacked } from '../../encryption/index.ts'
import { CERTIFICATE_BYTES, SIGNATURE_BYTES } from '../../identity/index.ts'
import { ENTRY_ID_BYTES, MAX_ENTRY_BYTES, type EntryId } from '../../log/index.ts'
import type { PeerId } from '../../network/index.ts'
import { decodeNick, type Profile } from '../room/content.ts'

/**
 * What two connected members of a room say to each other on a stream of `/starling/room/1`. The opener sends one message;
 * a hello is answered with a hello, a fetch with introductions of authors and their entries, an acknowledgement with
 * nothing, what is lacked with what may be handed over of it; then both end. `sync` opens a stream of another protocol (`sync-exchange.ts`).
 *
 * Each frame is sealed under the day's exchange keys of the room, bound to who sends it to whom:
 *
 * | bytes | |
 * |---|---|
 * | 16 | tag: which room, for those who know it |
 * | 24 | random nonce |
 * | n + 16 | XChaCha20-Poly1305 of the message; additional data: sender's and receiver's PeerId |
 */
export type ExchangeMessage =
  | { readonly kind: 'hello'; readonly hello: Hello }
  | { readonly kind: 'fetch'; readonly ids: readonly EntryId[]; readonly context: number }
  /** Signed bytes, as gossiped (`acknowledgement.ts`). */
  | { readonly kind: 'acknowledge'; readonly acknowledgement: Uint8Array }
  | { readonly kind: 'entry'; readonly entry: Uint8Array }
  /** The header of an entry whose body was erased. */
  | { readonly kind: 'erased'; readonly header: Uint8Array }
  | { readonly kind: 'introduce'; readonly profile: Profile }
  | { readonly kind: 'sync' }
  /** Of a private room: asks for what the log brings to nobody. */
  | { readonly kind: 'lack'; readonly lacked: Lacked }
  /** The answer, in parts: `encodeHandedOver`. */
  | { readonly kind: 'hand-over'; readonly part: Uint8Array }

/** A device introduces itself: the signature shows that the device speaks through this very PeerId. */
export interface Hello extends Profile {
  readonly role: Role
  /** The sender's own clock, not corrected: members find out whose is wrong. */
  readonly time: Millis
  /** By the device over room, tag of the frame, role, sender and receiver, tag `hello`. */
  readonly signature: Uint8Array
}

/**
 * A keeper stores the room for its members, and is none: it writes nothing and counts as nobody. One that is full hands
 * out what it has, and stores no more.
 */
export type Role = 'member' | 'keeper' | 'full-keeper'

export const EXCHANGE_PROTOCOL = '/starling/room/1'
/** Ids asked for at a time. */
export const MAX_FETCH_IDS = 64
/** Entries sent along with those asked for, from just below them in room order: most of a chain comes in one answer. */
export const MAX_FETCH_CONTEXT = 128
export const EXCHANGE_TAG_BYTES = 16
const OVERHEAD_BYTES = EXCHANGE_TAG_BYTES + AEAD_NONCE_BYTES + AEAD_TAG_BYTES
export const MAX_EXCHANGE_FRAME_BYTES = OVERHEAD_BYTES + 1 + MAX_ENTRY_BYTES
const MAX_NICK_BYTES = 1024

/** As a hello says it, in one byte. */
export const ROLE_CODES = { member: 1, keeper: 2, 'full-keeper': 3 } as const
const ROLES = ['member', 'keeper', 'full-keeper'] as const
const KIND = {
  hello: 1,
  fetch: 2,
  acknowledge: 3,
  entry: 4,
  introduce: 5,
  sync: 6,
  erased: 7,
  lack: 8,
  'hand-over': 9
} as const

export interface ExchangeKeys {
  readonly tag: Uint8Array
  readonly sealKey: Uint8Array
}

export interface Direction {
  readonly from: PeerId
  readonly to: PeerId
}

export function sealExchange(
  keys: ExchangeKeys,
  { from, to }: Direction,
  message: ExchangeMessage,
  random: RandomBytes
): Uint8Array {
  const nonce = random(AEAD_NONCE_BYTES)
  const sealed = sealWithNonce(keys.sealKey, nonce, encodeMessage(message), directionBytes(from, to))
  return concatBytes([keys.tag, nonce, sealed])
}

/** The message in a frame from `from` to `to`, under whichever of these keys its tag names. */
export function openExchange(
  candidates: readonly ExchangeKeys[],
  { from, to }: Direction,
  frame: Uint8Array
): Result<ExchangeMessage> {
  const keys = keysOf(candidates, frame)
  if (keys === undefined) return failure('a tag of no room here')
  const nonce = frame.subarray(EXCHANGE_TAG_BYTES, EXCHANGE_TAG_BYTES + AEAD_NONCE_BYTES)
  if (frame.length < OVERHEAD_BYTES) return failure('cut off')
  const sealed = frame.subarray(EXCHANGE_TAG_BYTES + AEAD_NONCE_BYTES)
  const message = openWithNonce(keys.sealKey, nonce, sealed, directionBytes(from, to))
  return message === undefined ? failure('a seal that does not open') : decodeWith(message, readMessage)
}

/** Those that the frame says it is sealed with. */
export function keysOf(candidates: readonly ExchangeKeys[], frame: Uint8Array): ExchangeKeys | undefined {
  const tag = frame.subarray(0, EXCHANGE_TAG_BYTES)
  return candidates.find(each => equalBytes(each.tag, tag))
}

function directionBytes(from: PeerId, to: PeerId): Uint8Array {
  return encodeUtf8(`${from}\n${to}`)
}

function encodeMessage(message: ExchangeMessage): Uint8Array {
  const writer = new ByteWriter().u8(KIND[message.kind])
  if (message.kind === 'hello') return writeHello(writer, message.hello).finish()
  if (message.kind === 'fetch') return writeIds(writer.u16(message.context), message.ids).finish()
  if (message.kind === 'acknowledge') return writer.bytes(message.acknowledgement).finish()
  if (message.kind === 'introduce') return writer.bytes(encodeProfile(message.profile)).finish()
  if (message.kind === 'sync') return writer.finish()
  if (message.kind === 'erased') return writer.bytes(message.header).finish()
  if (message.kind === 'lack') return writer.bytes(encodeLacked(message.lacked)).finish()
  if (message.kind === 'hand-over') return writer.bytes(message.part).finish()
  return writer.bytes(message.entry).finish()
}

function readMessage(reader: ByteReader): ExchangeMessage {
  const kind = reader.u8()
  if (kind === KIND.hello) return { kind: 'hello', hello: readHello(reader) }
  if (kind === KIND.fetch) {
    const context = Math.min(reader.u16(), MAX_FETCH_CONTEXT)
    return { kind: 'fetch', context, ids: readIds(reader, MAX_FETCH_IDS) }
  }
  if (kind === KIND.acknowledge) return { kind: 'acknowledge', acknowledgement: reader.rest() }
  if (kind === KIND.entry) return { kind: 'entry', entry: reader.rest() }
  if (kind === KIND.introduce) return { kind: 'introduce', profile: readProfile(reader) }
  if (kind === KIND.sync) return { kind: 'sync' }
  if (kind === KIND.erased) return { kind: 'erased', header: reader.rest() }
  if (kind === KIND.lack) return { kind: 'lack', lacked: readLacked(reader) }
  if (kind === KIND['hand-over']) return { kind: 'hand-over', part: reader.rest() }
  return reader.refuse(`a message of kind ${kind}`)
}

function writeHello(writer: ByteWriter, hello: Hello): ByteWriter {
  return writer.u8(ROLE_CODES[hello.role]).u48(hello.time).bytes(encodeProfile(hello)).bytes(hello.signature)
}

function readHello(reader: ByteReader): Hello {
  const [role, time] = [readRole(reader), reader.u48()]
  return { role, time, ...readProfile(reader), signature: reader.bytes(SIGNATURE_BYTES) }
}

function readRole(reader: ByteReader): Role {
  const code = reader.u8()
  return ROLES.find(role => ROLE_CODES[role] === code) ?? reader.refuse(`a role of ${code}`)
}

export function encodeProfile({ certificate, nick }: Profile): Uint8Array {
  return new ByteWriter()
    .bytes(certificate)
    .shortBytes(encodeUtf8(nick ?? ''))
    .finish()
}

export function readProfile(reader: ByteReader): Profile {
  return { certificate: reader.bytes(CERTIFICATE_BYTES), nick: decodeNick(reader.shortBytes(MAX_NICK_BYTES)) }
}

function writeIds(writer: ByteWriter, ids: readonly EntryId[]): ByteWriter {
  writer.u8(ids.length)
  for (const id of ids) writer.bytes(expectValue(fromHex(id)))
  return writer
}

function readIds(reader: ByteReader, limit: number): EntryId[] {
  const count = reader.u8()
  if (count > limit) reader.refuse(`${count} ids`)
  return Array.from({ length: count }, () => toHex(reader.bytes(ENTRY_ID_BYTES)) as EntryId)
}
