import {
  type ByteReader,
  ByteWriter,
  decodeUtf8,
  decodeWith,
  encodeUtf8,
  expectValue,
  failure,
  fromHex,
  success,
  toHex,
  UsageError,
  type Result
} from '../../bytes/index.ts'
import { CERTIFICATE_BYTES, parseNickname, type DisplayName } from '../../identity/index.ts'
import { ENTRY_ID_BYTES, type EntryId } from '../../log/index.ts'
import { OPENING_BYTES, readAuthorship, writeAuthorship, type Authorship } from './authorship.ts'

/**
 * What an entry says, inside the opened body: fields, each a type (1), a length (4) and a value, types ascending. A
 * reader skips types it does not know, and shows nothing for kinds it does not know.
 *
 * | kind | fields |
 * |---|---|
 * | 1 message | 1 text (UTF-8) |
 * | 2 edit | 1 text, 2 id of the message that says this from now on |
 * | 3 deletion | 3 number (1), then of each entry to erase: id 32, device 32, sequence 8, kind 1, opening 16 |
 * | any | 128 device certificate, 129 nickname: on a device's first entry in a room, and on one a day |
 * | any | 130 opening of the salt (16): shows whose the entry was when its body is erased (`authorship.ts`) |
 */
export type Content = Common &
  (
    | { readonly kind: typeof MESSAGE_KIND; readonly text: string }
    | { readonly kind: typeof EDIT_KIND; readonly text: string; readonly target: EntryId }
    | { readonly kind: typeof DELETION_KIND; readonly targets: readonly Authorship[] }
    | { readonly kind: typeof UNKNOWN_KIND }
  )

interface Common {
  readonly profile?: Profile
  readonly opening?: Uint8Array
}

/** How a device introduces its member. */
export interface Profile {
  /** A device certificate, not verified yet. */
  readonly certificate: Uint8Array
  readonly nick: DisplayName | undefined
}

export const MESSAGE_KIND = 1
export const EDIT_KIND = 2
export const DELETION_KIND = 3
/** Of a later version: kept, and shown as nothing. */
const UNKNOWN_KIND = 0
/** A message and its edits. */
export const MAX_TARGETS = 64
/** What fits in the largest body beside a profile, rounded down: 48 KiB of UTF-8. */
export const MAX_TEXT_BYTES = 48 * 1024

const FIELD = { text: 1, target: 2, targets: 3, certificate: 128, nick: 129, opening: 130 } as const
/** Kinds known have three fields; the rest is room for what later versions add. */
const MAX_FIELDS = 32
const MAX_NICK_BYTES = 1024

/** The text as it will be sent; empty and overlong texts are the caller's mistake. */
export function parseText(text: string): string {
  if (text.trim() === '') throw new UsageError('a message must not be empty')
  const bytes = encodeUtf8(text).length
  if (bytes > MAX_TEXT_BYTES) {
    throw new UsageError(`a message must not be longer than 48 KiB (${MAX_TEXT_BYTES} bytes); this one has ${bytes}`)
  }
  if (!text.isWellFormed()) throw new UsageError('a message must be well-formed Unicode text')
  return text
}

export function encodeContent(content: Content): Uint8Array {
  const writer = new ByteWriter()
  if ('text' in content) writeField(writer, FIELD.text, encodeUtf8(content.text))
  if ('target' in content) writeField(writer, FIELD.target, expectValue(fromHex(content.target)))
  if ('targets' in content) writeField(writer, FIELD.targets, encodeTargets(content.targets))
  if (content.profile !== undefined) writeProfile(writer, content.profile)
  if (content.opening !== undefined) writeField(writer, FIELD.opening, content.opening)
  return writer.finish()
}

export function decodeContent(kind: number, bytes: Uint8Array): Result<Content> {
  const decoded = decodeWith(bytes, readFields)
  if (!decoded.ok) return decoded
  const fields = decoded.value
  const profile = readProfile(fields)
  const opening = fields.get(FIELD.opening)
  if (opening !== undefined && opening.length !== OPENING_BYTES) return failure('an opening of another length')
  const common = { ...(profile && { profile }), ...(opening && { opening }) }
  if (kind === DELETION_KIND)
    return mapped(readTargets(fields.get(FIELD.targets)), targets => ({ ...common, kind, targets }))
  if (kind !== MESSAGE_KIND && kind !== EDIT_KIND) return success({ ...common, kind: UNKNOWN_KIND })
  const text = readText(fields.get(FIELD.text))
  if (kind === MESSAGE_KIND || !text.ok) return mapped(text, said => ({ ...common, kind: MESSAGE_KIND, text: said }))
  return mapped(readTarget(fields.get(FIELD.target)), target => ({ ...common, kind, text: text.value, target }))
}

function mapped<A, B>(result: Result<A>, map: (value: A) => B): Result<B> {
  return result.ok ? success(map(result.value)) : result
}

function encodeTargets(targets: readonly Authorship[]): Uint8Array {
  const writer = new ByteWriter().u8(targets.length)
  for (const target of targets) writeAuthorship(writer, target)
  return writer.finish()
}

function writeProfile(writer: ByteWriter, { certificate, nick }: Profile): void {
  writeField(writer, FIELD.certificate, certificate)
  if (nick !== undefined) writeField(writer, FIELD.nick, encodeUtf8(nick))
}

function writeField(writer: ByteWriter, type: number, value: Uint8Array): void {
  writer.u8(type).longBytes(value)
}

function readFields(reader: ByteReader): Map<number, Uint8Array> {
  const fields = new Map<number, Uint8Array>()
  let last = -1
  while (reader.remaining > 0) {
    const type = reader.u8()
    if (type <= last) reader.refuse('fields out of order')
    if (fields.size === MAX_FIELDS) reader.refuse('too many fields')
    fields.set(type, reader.longBytes(reader.remaining))
    last = type
  }
  return fields
}

function readText(bytes: Uint8Array | undefined): Result<string> {
  if (bytes === undefined) return failure('a message without text')
  if (bytes.length > MAX_TEXT_BYTES) return failure('a text of more than 48 KiB')
  return decodeUtf8(bytes)
}

function readTarget(bytes: Uint8Array | undefined): Result<EntryId> {
  if (bytes?.length !== ENTRY_ID_BYTES) return failure('an edit of nothing')
  return success(toHex(bytes) as EntryId)
}

function readTargets(bytes: Uint8Array | undefined): Result<Authorship[]> {
  if (bytes === undefined) return failure('a deletion of nothing')
  return decodeWith(bytes, reader => {
    const count = reader.u8()
    if (count === 0 || count > MAX_TARGETS) reader.refuse(`${count} entries to erase`)
    const targets = Array.from({ length: count }, () => readAuthorship(reader))
    if (targets.some(({ kind }) => kind === DELETION_KIND)) reader.refuse('a deletion to erase')
    if (new Set(targets.map(({ id }) => id)).size < count) reader.refuse('an entry to erase twice')
    return targets
  })
}

/** A nickname that may not be shown is left out, and so is a certificate of another version; the entry still counts. */
function readProfile(fields: Map<number, Uint8Array>): Profile | undefined {
  const certificate = fields.get(FIELD.certificate)
  if (certificate?.length !== CERTIFICATE_BYTES) return undefined
  return { certificate, nick: decodeNick(fields.get(FIELD.nick)) }
}

export function decodeNick(bytes: Uint8Array | undefined): DisplayName | undefined {
  if (bytes === undefined || bytes.length > MAX_NICK_BYTES) return undefined
  const text = decodeUtf8(bytes)
  if (!text.ok) return undefined
  const nick = parseNickname(text.value)
  return nick.ok ? nick.value : undefined
}
