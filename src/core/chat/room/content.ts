import {
  type ByteReader,
  ByteWriter,
  decodeUtf8,
  decodeWith,
  encodeUtf8,
  failure,
  success,
  UsageError,
  type Result
} from '../../bytes/index.ts'
import { CERTIFICATE_BYTES, parseNickname, type DisplayName } from '../../identity/index.ts'

/**
 * What an entry says, inside the opened body: fields, each a type (1), a length (4) and a value, types ascending. A
 * reader skips types it does not know, and shows nothing for kinds it does not know.
 *
 * | kind | fields |
 * |---|---|
 * | 1 message | 1 text (UTF-8) |
 * | any | 128 device certificate, 129 nickname: on a device's first entry in a room, and on one a day |
 */
export interface Content {
  readonly kind: number
  readonly text?: string
  readonly profile?: Profile
}

/** How a device introduces its member. */
export interface Profile {
  /** A device certificate, not verified yet. */
  readonly certificate: Uint8Array
  readonly nick: DisplayName | undefined
}

export const MESSAGE_KIND = 1
/** What fits in the largest body beside a profile, rounded down: 48 KiB of UTF-8. */
export const MAX_TEXT_BYTES = 48 * 1024

const FIELD = { text: 1, certificate: 128, nick: 129 } as const
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
  if (content.text !== undefined) writeField(writer, FIELD.text, encodeUtf8(content.text))
  if (content.profile !== undefined) writeProfile(writer, content.profile)
  return writer.finish()
}

export function decodeContent(kind: number, bytes: Uint8Array): Result<Content> {
  const fields = decodeWith(bytes, readFields)
  if (!fields.ok) return fields
  const profile = readProfile(fields.value)
  if (!profile.ok) return profile
  const common = { kind, ...(profile.value && { profile: profile.value }) }
  if (kind !== MESSAGE_KIND) return success(common)
  const text = readText(fields.value.get(FIELD.text))
  return text.ok ? success({ ...common, text: text.value }) : text
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

/** A nickname that may not be shown is left out; the entry still counts. */
function readProfile(fields: Map<number, Uint8Array>): Result<Profile | undefined> {
  const certificate = fields.get(FIELD.certificate)
  if (certificate === undefined) return success(undefined)
  if (certificate.length !== CERTIFICATE_BYTES) return failure('a certificate of another length')
  return success({ certificate, nick: decodeNick(fields.get(FIELD.nick)) })
}

export function decodeNick(bytes: Uint8Array | undefined): DisplayName | undefined {
  if (bytes === undefined || bytes.length > MAX_NICK_BYTES) return undefined
  const text = decodeUtf8(bytes)
  if (!text.ok) return undefined
  const nick = parseNickname(text.value)
  return nick.ok ? nick.value : undefined
}
