import {
  ByteWriter,
  concatBytes,
  decodeUtf8,
  decodeWith,
  encodeUtf8,
  expectValue,
  failure,
  fromBase64Url,
  fromHex,
  success,
  toBase64Url,
  toHex,
  type ByteReader,
  type RandomBytes,
  type Result
} from '../bytes/index.ts'
import type { MemberId } from './certificate.ts'
import { parseNickname, type DisplayName } from './names.ts'
import { createPassphraseKey, decodeWrapped, unwrapSecret, wrapSecret, type Passphrase } from './passphrase.ts'
import { SEED_BYTES } from './signature.ts'

/** What makes a device one of a member, on another device: the root, and never a device's own key. */
export interface PortableIdentity {
  readonly rootSeed: Uint8Array
  readonly nick: DisplayName | undefined
  /** Private rooms that the member is in. */
  readonly rooms: readonly PortableRoom[]
}

/** What another device needs to find a private room's members; it opens nothing. */
export interface PortableRoom {
  /** 32 bytes in hex. */
  readonly id: string
  readonly name: string
  /** Rendezvous secrets, 32 bytes each, newest first. */
  readonly meetings: readonly Uint8Array[]
  /** Of members. */
  readonly addresses: readonly string[]
  /** Of a direct conversation: with which member. */
  readonly direct?: MemberId
}

export interface IdentityExport {
  readonly text: string
  /** Names of rooms for which there was no space. */
  readonly leftOut: readonly string[]
}

/** Whatever is longer is another file. */
const MAX_EXPORT_BYTES = 64 * 1024
/** What fits in base64url, wrapped. Of rooms those that come first. */
const MAX_SECRET_BYTES = 44 * 1024
const MAX_ROOM_NAME_BYTES = 400
const MAX_ADDRESS_BYTES = 512
const FIRST_LINE = 'starling identity 1'
/** Of 64 characters, in UTF-8. */
const MAX_NICK_BYTES = 256
const VERSION = 3
const KEY_BYTES = 32

/**
 * The identity as a text file, always under a passphrase: a line that says what it is, then in base64url the wrapped
 *
 * | bytes | |
 * |---|---|
 * | 1 | version, 3; in version 1 nothing stands behind the nickname, in version 2 rooms end with their addresses |
 * | 32 | seed of the root key |
 * | 2, n | nickname in UTF-8, perhaps empty |
 * | to the end | each private room: id 32 · name 2 + n · number of rendezvous secrets 1, each 32 · number of addresses 1, each 2 + n · 1, and the other member 32, of a direct conversation, else 0 |
 */
export async function encodeIdentityExport(
  { rootSeed, nick, rooms }: PortableIdentity,
  passphrase: Passphrase,
  random: RandomBytes
): Promise<IdentityExport> {
  const leftOut: string[] = []
  let secret = new ByteWriter()
    .u8(VERSION)
    .bytes(rootSeed)
    .shortBytes(encodeUtf8(nick ?? ''))
    .finish()
  for (const room of rooms) {
    const longer = concatBytes([secret, encodeRoom(room)])
    if (longer.length <= MAX_SECRET_BYTES) secret = longer
    else leftOut.push(room.name)
  }
  const wrapped = wrapSecret(await createPassphraseKey(passphrase, random), 'export', secret, random)
  return { text: `${FIRST_LINE}\n${toBase64Url(wrapped)}\n`, leftOut }
}

/** Opens an export; `wrong passphrase` where that is all that is wrong. */
export async function openIdentityExport(
  text: string,
  passphrase: Passphrase
): Promise<Result<PortableIdentity | 'wrong passphrase'>> {
  const wrapped = readExport(text)
  if (!wrapped.ok) return wrapped
  const opened = await unwrapSecret(wrapped.value, 'export', passphrase)
  return opened === undefined ? success('wrong passphrase') : decodePortable(opened.secret)
}

/** Whether this is an export at all, told before a passphrase is asked for. */
export function checkIdentityExport(text: string): Result<undefined> {
  const wrapped = readExport(text)
  return wrapped.ok ? success(undefined) : wrapped
}

function readExport(text: string) {
  if (text.length > MAX_EXPORT_BYTES) return failure('this is no exported identity')
  const [first = '', ...rest] = text.trim().split(/\s*[\r\n]+\s*/)
  if (first !== FIRST_LINE) {
    const isNewer = first.startsWith('starling identity ')
    return failure(isNewer ? 'this export is of a newer version: update Starling' : 'this is no exported identity')
  }
  const bytes = fromBase64Url(rest.join(''))
  const wrapped = bytes.ok ? decodeWrapped(bytes.value) : bytes
  return wrapped.ok ? wrapped : failure('this exported identity is damaged: take another copy of the file')
}

function decodePortable(secret: Uint8Array): Result<PortableIdentity> {
  return decodeWith(secret, reader => {
    const version = reader.u8()
    if (version === 0 || version > VERSION) reader.refuse('this export is of a newer version: update Starling')
    const rootSeed = reader.bytes(SEED_BYTES)
    const name = decodeUtf8(reader.shortBytes(MAX_NICK_BYTES))
    const nick = name.ok ? parseNickname(name.value) : name
    const rooms: PortableRoom[] = []
    while (version > 1 && reader.remaining > 0) rooms.push(readRoom(reader, version))
    return { rootSeed, nick: nick.ok ? nick.value : undefined, rooms }
  })
}

function encodeRoom({ id, name, meetings, addresses, direct }: PortableRoom): Uint8Array {
  const writer = new ByteWriter().bytes(expectValue(fromHex(id))).shortBytes(encodeUtf8(name))
  writer.u8(meetings.length)
  for (const meeting of meetings) writer.bytes(meeting)
  writer.u8(addresses.length)
  for (const address of addresses) writer.shortBytes(encodeUtf8(address))
  writer.u8(direct === undefined ? 0 : 1)
  if (direct !== undefined) writer.bytes(expectValue(fromHex(direct)))
  return writer.finish()
}

function readRoom(reader: ByteReader, version: number): PortableRoom {
  const id = toHex(reader.bytes(KEY_BYTES))
  const name = readText(reader, MAX_ROOM_NAME_BYTES)
  const meetings = Array.from({ length: reader.u8() }, () => reader.bytes(KEY_BYTES))
  const addresses = Array.from({ length: reader.u8() }, () => readText(reader, MAX_ADDRESS_BYTES))
  const room = { id, name, meetings, addresses }
  const isDirect = version > 2 && reader.u8() === 1
  return isDirect ? { ...room, direct: toHex(reader.bytes(KEY_BYTES)) as MemberId } : room
}

function readText(reader: ByteReader, limit: number): string {
  const text = decodeUtf8(reader.shortBytes(limit))
  return text.ok ? text.value : reader.refuse(text.error)
}
