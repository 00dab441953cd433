import {
  type ByteReader,
  ByteWriter,
  concatBytes,
  decodeWith,
  deriveKey,
  expectValue,
  failure,
  fromHex,
  openOnce,
  sealOnce,
  success,
  toHex,
  AEAD_TAG_BYTES,
  type Result
} from '../bytes/index.ts'
import {
  deviceIdOf,
  PUBLIC_KEY_BYTES,
  SIGNATURE_BYTES,
  verifySignature,
  type DeviceId,
  type SigningKey
} from '../identity/index.ts'
import {
  BODY_SIZES,
  createEntry,
  encodeHeaderStart,
  ENTRY_ID_BYTES,
  headerStartOf,
  MAX_BODY_BYTES,
  readHeaderStart,
  type Entry,
  type EntryId,
  type HeaderStart
} from '../log/index.ts'
import { readAscendingIds } from './ascending-ids.ts'
import type { EpochKeys, RoomId } from './room-keys.ts'

/**
 * A body, opened:
 *
 * | bytes | |
 * |---|---|
 * | 32 | device public key: the author |
 * | 8 | sequence: the author's entries in this room, from 1 |
 * | 32 | id of the author's previous entry; zeros for the first |
 * | 1 + 32 n | parents: up to 4 ids of entries seen, ascending |
 * | 1 | kind, for the chat layer |
 * | 4 + n | content |
 * | 1 | how it is signed: 0, an Ed25519 signature follows |
 * | 64 | signature, tag `entry`, over room id, header up to the salt, and the body up to here |
 * | n | zeros, up to the smallest size of `BODY_SIZES` that holds all this and the seal's tag |
 *
 * It is sealed with ChaCha20-Poly1305 under HKDF(content key, salt), with the header up to the salt as additional data.
 * All of it follows from what is signed, so sealing somebody's words again makes the very same bytes.
 */
export interface OpenedBody {
  readonly device: DeviceId
  readonly sequence: number
  readonly previous: EntryId | undefined
  readonly parents: readonly EntryId[]
  readonly kind: number
  readonly content: Uint8Array
}

/** More parents than concurrent speakers have heads to tie together; the rest is tied by the next entry. */
export const MAX_PARENTS = 4

const SIGNED_DIRECTLY = 0
const NEWER = 'newer'
const TAG = 'entry'
const FIXED_BYTES = PUBLIC_KEY_BYTES + 8 + ENTRY_ID_BYTES + 1 + 1 + 4 + 1 + SIGNATURE_BYTES + AEAD_TAG_BYTES
/** Content that fits in the largest body with all parents. */
export const MAX_CONTENT_BYTES = MAX_BODY_BYTES - FIXED_BYTES - MAX_PARENTS * ENTRY_ID_BYTES

export async function sealEntry(
  room: { roomId: RoomId; contentKey: Uint8Array },
  author: SigningKey,
  start: HeaderStart,
  body: Omit<OpenedBody, 'device'>
): Promise<Entry> {
  const startBytes = encodeHeaderStart(start)
  const words = encodeWords({ ...body, device: deviceIdOf(author.publicKey) })
  const signature = await author.sign(TAG, signedBytes(room.roomId, startBytes, words))
  const plaintext = pad(concatBytes([words, signature]))
  return createEntry(start, sealOnce(bodyKey(room.contentKey, start), plaintext, startBytes))
}

/** What opens this body alone, if that is known here: from the content key of its epoch, or as it was handed over. */
export function bodyKeyIn(epochs: EpochKeys, { id, header }: Pick<Entry, 'id' | 'header'>): Uint8Array | undefined {
  const contentKey = epochs.contentKey(header.class, header.epoch)
  return contentKey === undefined ? epochs.handedBodyKey?.(id) : bodyKey(contentKey, header)
}

/** By the content key of its epoch, as `openBody` does. */
export function openEntry({ roomId, contentKey }: { roomId: RoomId; contentKey: Uint8Array }, entry: Entry) {
  return openBody(roomId, bodyKey(contentKey, entry.header), entry)
}

/**
 * The body of this entry, if it opens, has the one right form, and its author signed it for this room and header; `newer`
 * when it opens and is signed in a way that only a later version may know.
 */
export async function openBody(
  roomId: RoomId,
  key: Uint8Array,
  entry: Entry
): Promise<Result<OpenedBody | typeof NEWER>> {
  const startBytes = headerStartOf(entry)
  const plaintext = openOnce(key, entry.body, startBytes)
  if (plaintext === undefined) return failure('a body that does not open')
  const decoded = decodePlaintext(plaintext)
  if (!decoded.ok) return decoded
  if (decoded.value === NEWER) return success(NEWER)
  const { body, words, signature } = decoded.value
  const author = expectValue(fromHex(body.device))
  const genuine = await verifySignature(author, TAG, signedBytes(roomId, startBytes, words), signature)
  return genuine ? success(body) : failure('a body with a wrong signature')
}

/** By the content key of its epoch, as `reopenBody` does. */
export function reopenEntry(contentKey: Uint8Array, entry: Entry): OpenedBody {
  return reopenBody(bodyKey(contentKey, entry.header), entry)
}

/** The body of an entry that was checked before it was stored: no signature is verified. */
export function reopenBody(key: Uint8Array, entry: Entry): OpenedBody {
  const plaintext = openOnce(key, entry.body, headerStartOf(entry))
  if (plaintext === undefined) throw new Error(`the stored entry ${entry.id} does not open`)
  const decoded = expectValue(decodePlaintext(plaintext))
  if (decoded === NEWER) throw new Error(`the stored entry ${entry.id} was not checked`)
  return decoded.body
}

/** What an author said and signed, apart from the key that it is sealed with. */
export interface SignedWords {
  readonly start: HeaderStart
  readonly body: OpenedBody
}

/**
 * What somebody said and signed, to be carried where the room's keys are not: the header up to the salt, the words of the body (up to
 * how it is signed), the signature. Undefined when the entry does not open, or is signed in a way not known here.
 */
export function signedWordsOf(contentKey: Uint8Array, entry: Entry): Uint8Array | undefined {
  const startBytes = encodeHeaderStart(entry.header)
  const plaintext = openOnce(bodyKey(contentKey, entry.header), entry.body, startBytes)
  const decoded = plaintext && decodePlaintext(plaintext)
  if (!decoded?.ok || decoded.value === NEWER) return undefined
  return concatBytes([startBytes, decoded.value.words, decoded.value.signature])
}

/** What these words say, if their author signed them for this room. */
export async function verifySignedWords(roomId: RoomId, bytes: Uint8Array): Promise<Result<SignedWords>> {
  const decoded = decodeWith(bytes, readSignedWords)
  if (!decoded.ok) return decoded
  const { start, body, words, signature } = decoded.value
  const author = expectValue(fromHex(body.device))
  const signed = signedBytes(roomId, encodeHeaderStart(start), words)
  if (!(await verifySignature(author, TAG, signed, signature))) return failure('words with a wrong signature')
  return success({ start, body })
}

/** What these words say; whether their author did is not looked at. */
export function decodeSignedWords(bytes: Uint8Array): Result<SignedWords> {
  const decoded = decodeWith(bytes, readSignedWords)
  return decoded.ok ? success({ start: decoded.value.start, body: decoded.value.body }) : decoded
}

/** The very entry that the words were taken from, where `contentKey` is the one that it was sealed with. */
export function sealSignedWords(contentKey: Uint8Array, bytes: Uint8Array): Result<Entry> {
  const decoded = decodeWith(bytes, readSignedWords)
  if (!decoded.ok) return decoded
  const { start, words, signature } = decoded.value
  const plaintext = pad(concatBytes([words, signature]))
  return success(createEntry(start, sealOnce(bodyKey(contentKey, start), plaintext, encodeHeaderStart(start))))
}

function bodyKey(contentKey: Uint8Array, { salt }: HeaderStart): Uint8Array {
  return deriveKey(contentKey, 'starling/body/1', 32, salt)
}

function signedBytes(roomId: RoomId, startBytes: Uint8Array, words: Uint8Array): Uint8Array {
  return concatBytes([expectValue(fromHex(roomId)), startBytes, words])
}

function encodeWords(body: OpenedBody): Uint8Array {
  const parents = [...body.parents].sort()
  const writer = new ByteWriter()
    .bytes(expectValue(fromHex(body.device)))
    .u64(body.sequence)
    .bytes(body.previous === undefined ? new Uint8Array(ENTRY_ID_BYTES) : expectValue(fromHex(body.previous)))
    .u8(parents.length)
  for (const parent of parents) writer.bytes(expectValue(fromHex(parent)))
  return writer.u8(body.kind).longBytes(body.content).u8(SIGNED_DIRECTLY).finish()
}

function pad(plaintext: Uint8Array): Uint8Array {
  const size = paddedSize(plaintext.length)
  if (size === undefined) throw new RangeError(`a body of ${plaintext.length} bytes, too long for an entry`)
  const padded = new Uint8Array(size)
  padded.set(plaintext)
  return padded
}

function paddedSize(length: number): number | undefined {
  const size = BODY_SIZES.find(each => each >= length + AEAD_TAG_BYTES)
  return size === undefined ? undefined : size - AEAD_TAG_BYTES
}

function decodePlaintext(plaintext: Uint8Array) {
  return decodeWith(plaintext, reader => {
    const body = readWords(reader)
    if (reader.u8() !== SIGNED_DIRECTLY) {
      reader.rest()
      return NEWER
    }
    const words = reader.soFar()
    const signature = reader.bytes(SIGNATURE_BYTES)
    if (paddedSize(words.length + SIGNATURE_BYTES) !== plaintext.length)
      reader.refuse('a body padded to the wrong size')
    if (!reader.skipZeros()) reader.refuse('padding that is not zeros')
    return { body, words, signature }
  })
}

function readSignedWords(reader: ByteReader) {
  const start = readHeaderStart(reader)
  const { length } = reader.soFar()
  const body = readWords(reader)
  if (reader.u8() !== SIGNED_DIRECTLY) reader.refuse('words signed in another way')
  return { start, body, words: reader.soFar().subarray(length), signature: reader.bytes(SIGNATURE_BYTES) }
}

function readWords(reader: ByteReader): OpenedBody {
  const body = {
    device: deviceIdOf(reader.bytes(PUBLIC_KEY_BYTES)),
    sequence: reader.u64(),
    previous: readPrevious(reader),
    parents: readAscendingIds(reader, reader.u8(), MAX_PARENTS) as EntryId[],
    kind: reader.u8(),
    content: reader.longBytes(MAX_CONTENT_BYTES)
  }
  if (body.sequence === 0) reader.refuse('a sequence of 0')
  if ((body.sequence === 1) !== (body.previous === undefined)) reader.refuse('a first entry that is none')
  return body
}

function readPrevious(reader: ByteReader): EntryId | undefined {
  const id = reader.bytes(ENTRY_ID_BYTES)
  return id.some(byte => byte !== 0) ? (toHex(id) as EntryId) : undefined
}
