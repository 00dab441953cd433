import {
  type ByteReader,
  ByteWriter,
  concatBytes,
  decodeWith,
  equalBytes,
  expectValue,
  failure,
  sha256,
  success,
  toHex,
  type Millis,
  type Result
} from '../bytes/index.ts'
import { readHybridTime, writeHybridTime, type HybridTime } from './hybrid-time.ts'

/**
 * One sealed record of a room's log, as everybody sees it who cannot read it: header, then body. `docs/wire-protocol.md`
 * shows it byte by byte; integers are big-endian.
 *
 * | bytes | header |
 * |---|---|
 * | 1 | version, 1 |
 * | 1 | class: 1 control, 2 chat |
 * | 16 | epoch id: which keys |
 * | 8 | hybrid logical clock |
 * | 2 + n | extensions: their length, then type (1), length (2) and value of each, types ascending |
 * | 16 | salt |
 * | 32 | SHA-256 of the sealed body |
 * | 4 | length of the sealed body: 512, 1 Ki, 4 Ki, 16 Ki or 64 Ki |
 */
export interface Entry {
  readonly id: EntryId
  readonly header: EntryHeader
  readonly headerBytes: Uint8Array
  /** Sealed; never opened in this layer. */
  readonly body: Uint8Array
}

/** What is left of an entry whose body was erased: its id can still be checked, and it still counts. */
export type ErasedEntry = Omit<Entry, 'body'>

/** An entry as it is here, with its body or without. */
export type StoredEntry = Entry | ErasedEntry

/** SHA-256 of the header, in lower-case hex: a body can be erased while the id stays checkable. */
export type EntryId = string & { readonly __brand: 'EntryId' }

export type EntryClass = 'control' | 'chat'

/** The header up to the salt: what the author signs and what sealing binds the body to. */
export interface HeaderStart {
  readonly class: EntryClass
  readonly epoch: Uint8Array
  readonly clock: HybridTime
  readonly extensions: readonly HeaderExtension[]
  readonly salt: Uint8Array
}

export interface EntryHeader extends HeaderStart {
  readonly bodyHash: Uint8Array
  readonly bodyLength: number
}

/** Room for what later versions add in clear; a reader skips types that it does not know. */
export interface HeaderExtension {
  readonly type: number
  readonly value: Uint8Array
}

const ENTRY_VERSION = 1
export const ENTRY_ID_BYTES = 32
export const EPOCH_ID_BYTES = 16
export const SALT_BYTES = 16
/** Sealed bodies have one of these sizes, so that their length says little. */
export const BODY_SIZES = [512, 1024, 4096, 16_384, 65_536] as const
export const MAX_BODY_BYTES = 65_536
/** Extensions are for small marks; a header must stay cheap to keep when its body is erased. */
const MAX_EXTENSIONS_BYTES = 1024
export const MAX_HEADER_BYTES = 1 + 1 + EPOCH_ID_BYTES + 8 + 2 + MAX_EXTENSIONS_BYTES + SALT_BYTES + 32 + 4
export const MAX_ENTRY_BYTES = MAX_HEADER_BYTES + MAX_BODY_BYTES

const CLASS_CODES = { control: 1, chat: 2 } as const

const BODY_HASH_BYTES = 32

export function encodeHeaderStart(start: HeaderStart): Uint8Array {
  const writer = new ByteWriter().u8(ENTRY_VERSION).u8(CLASS_CODES[start.class]).bytes(start.epoch)
  return writeHybridTime(writer, start.clock).shortBytes(encodeExtensions(start.extensions)).bytes(start.salt).finish()
}

/** What `encodeHeaderStart` made of the start of this entry's header. */
export function headerStartOf({ headerBytes }: Entry): Uint8Array {
  return headerBytes.subarray(0, headerBytes.length - BODY_HASH_BYTES - 4)
}

/** The entry made of this header start and this sealed body. */
export function createEntry(start: HeaderStart, body: Uint8Array): Entry {
  const bodyHash = sha256(body)
  const headerBytes = new ByteWriter().bytes(encodeHeaderStart(start)).bytes(bodyHash).u32(body.length).finish()
  return { id: entryIdOf(headerBytes), header: { ...start, bodyHash, bodyLength: body.length }, headerBytes, body }
}

export function isWhole(entry: StoredEntry): entry is Entry {
  return 'body' in entry
}

export function eraseBody({ id, header, headerBytes }: StoredEntry): ErasedEntry {
  return { id, header, headerBytes }
}

/** Header and body, or the header alone. */
export function encodeEntry(entry: StoredEntry): Uint8Array {
  return isWhole(entry) ? concatBytes([entry.headerBytes, entry.body]) : entry.headerBytes
}

/** The entry in these bytes, if its form, size and body hash are right; whether it opens is for others to say. */
export function decodeEntry(bytes: Uint8Array): Result<Entry> {
  const decoded = decodeWith(bytes, reader => {
    const erased = readErased(reader)
    return { ...erased, body: reader.bytes(erased.header.bodyLength) }
  })
  if (!decoded.ok) return decoded
  const entry = decoded.value
  if (!equalBytes(sha256(entry.body), entry.header.bodyHash)) return failure('a body that does not fit its header')
  return success(entry)
}

/** The header in these bytes, behind which nothing follows. */
export function decodeErasedEntry(bytes: Uint8Array): Result<ErasedEntry> {
  return decodeWith(bytes, readErased)
}

/**
 * The entry of this id from this peer's own store, which checked its hashes when it was stored and answers with what was
 * written or not at all: checking them again is most of what reading would cost.
 */
export function decodeOwnEntry(id: EntryId, bytes: Uint8Array): StoredEntry {
  return expectValue(
    decodeWith(bytes, reader => {
      const header = readHeader(reader)
      const erased = { id, header, headerBytes: reader.soFar() }
      return reader.remaining === 0 ? erased : { ...erased, body: reader.bytes(header.bodyLength) }
    })
  )
}

/** Whether encoded entry bytes are of a version or class that a newer program may know: those are not broken. */
export function isNewerEntry(bytes: Uint8Array): boolean {
  const [version = 0, entryClass = 0] = bytes
  return version > ENTRY_VERSION || entryClass > CLASS_CODES.chat
}

/** The place of an entry in the one order of its room, as bytes that sort like it: clock, then id. */
export function orderKeyOf(entry: Pick<Entry, 'id' | 'header'>): string {
  const { ms, counter } = entry.header.clock
  return `${ms.toString(16).padStart(12, '0')}${counter.toString(16).padStart(4, '0')}${entry.id}`
}

/** The id in an order key. */
export function idOfOrder(order: string): EntryId {
  return order.slice(-2 * ENTRY_ID_BYTES) as EntryId
}

/** The milliseconds in an order key. */
export function timeOfOrder(order: string): Millis {
  return Number.parseInt(order.slice(0, 12), 16)
}

function readErased(reader: ByteReader): ErasedEntry {
  const header = readHeader(reader)
  const headerBytes = reader.soFar()
  return { id: entryIdOf(headerBytes), header, headerBytes }
}

function entryIdOf(headerBytes: Uint8Array): EntryId {
  return toHex(sha256(headerBytes)) as EntryId
}

/** The inverse of `encodeHeaderStart`, inside a decoder. */
export function readHeaderStart(reader: ByteReader): HeaderStart {
  if (reader.u8() !== ENTRY_VERSION) reader.refuse('an entry of another version')
  return {
    class: readClass(reader),
    epoch: reader.bytes(EPOCH_ID_BYTES),
    clock: readHybridTime(reader),
    extensions: readExtensions(reader),
    salt: reader.bytes(SALT_BYTES)
  }
}

function readHeader(reader: ByteReader): EntryHeader {
  const start = readHeaderStart(reader)
  const bodyHash = reader.bytes(BODY_HASH_BYTES)
  const bodyLength = reader.u32()
  if (!BODY_SIZES.some(size => size === bodyLength)) reader.refuse(`a body of ${bodyLength} bytes`)
  return { ...start, bodyHash, bodyLength }
}

function readClass(reader: ByteReader): EntryClass {
  const code = reader.u8()
  if (code === CLASS_CODES.control) return 'control'
  if (code === CLASS_CODES.chat) return 'chat'
  return reader.refuse(`an entry of class ${code}`)
}

function encodeExtensions(extensions: readonly HeaderExtension[]): Uint8Array {
  const writer = new ByteWriter()
  for (const { type, value } of extensions) writer.u8(type).shortBytes(value)
  return writer.finish()
}

function readExtensions(reader: ByteReader): HeaderExtension[] {
  const block = decodeWith(reader.shortBytes(MAX_EXTENSIONS_BYTES), inner => {
    const extensions: HeaderExtension[] = []
    while (inner.remaining > 0) {
      const type = inner.u8()
      if (type <= (extensions.at(-1)?.type ?? -1)) inner.refuse('extensions out of order')
      extensions.push({ type, value: inner.shortBytes(MAX_EXTENSIONS_BYTES) })
    }
    return extensions
  })
  return block.ok ? block.value : reader.refuse(block.error)
}
