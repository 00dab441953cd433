import {
  type ByteReader,
  ByteWriter,
  decodeUtf8,
  decodeWith,
  encodeUtf8,
  equalBytes,
  expectValue,
  failure,
  fromBase64Url,
  fromHex,
  sha256,
  toBase64Url,
  toHex,
  type Millis,
  type Result
} from '../bytes/index.ts'
import {
  decodeInvite,
  decodeSignedWords,
  MAX_ROOM_NAME_CHARACTERS,
  OPERATION_KIND,
  type Invite,
  type OperationId,
  type RoomId
} from '../encryption/index.ts'
import { parseDisplayName, SEED_BYTES, type DisplayName } from '../identity/index.ts'
import { ENTRY_ID_BYTES } from '../log/index.ts'
import { MAX_INVITE_WORDS_BYTES } from './joining/join-codec.ts'

/**
 * A link into an open room: `<web address>#/open/<base64url>` or `starling:open/<base64url>`.
 *
 * | bytes | |
 * |---|---|
 * | 1 | version, 1 |
 * | 2 + n | room name, UTF-8 |
 * | 1 | number of addresses, at most 3 |
 * | 2 + n, each | multiaddr of a live member, in text |
 * | 4 | the first bytes of SHA-256 of all before: tells a cut-off link from a whole one |
 */
export interface OpenRoomLink {
  readonly kind: 'open'
  readonly name: string
  readonly addresses: readonly string[]
}

/**
 * A link that admits to a private room: `<web address>#/join/<base64url>` or `starling:join/<base64url>`. Whoever has it may ask to be let
 * in; none of the room's secrets is in it.
 *
 * | bytes | |
 * |---|---|
 * | 1 | version, 1 |
 * | 32 | room id |
 * | 2 + n | room name as it is shown, UTF-8 |
 * | 32 | Ed25519 seed: the invite's private half |
 * | 32 | id of the invite |
 * | 2 + n | the invite's signed words (`signedWordsOf`), at most 1024 |
 * | 1 | number of addresses, at most 3 |
 * | 2 + n, each | multiaddr of a live member, in text |
 * | 4 | the first bytes of SHA-256 of all before |
 */
export interface JoinLink {
  readonly kind: 'join'
  readonly roomId: RoomId
  readonly name: DisplayName
  readonly seed: Uint8Array
  readonly invite: OperationId
  readonly words: Uint8Array
  /** What the words say, by the word of whoever made the link: members check it. */
  readonly said: Invite
  readonly addresses: readonly string[]
}

export type Link = OpenRoomLink | JoinLink

/** Enough to find one of two members; a link should stay short enough to send, and to be a QR code. */
export const MAX_LINK_ADDRESSES = 3

const VERSION = 1
const MAX_NAME_BYTES = 400
const MAX_ADDRESS_BYTES = 512
const CHECK_BYTES = 4
const ROOM_ID_BYTES = 32
/** With whatever stands around it: people pass links on with a word or two. */
const LINK = /(?:\bstarling:|#\/)(open|join)\/([\w-]*)/

export function encodeOpenRoomLink(link: Omit<OpenRoomLink, 'kind'>, webAddress?: string): string {
  const writer = new ByteWriter().u8(VERSION).shortBytes(encodeUtf8(link.name))
  return linkOf('open', writeAddresses(writer, link.addresses), webAddress)
}

export function encodeJoinLink(link: Omit<JoinLink, 'kind' | 'said'>, webAddress?: string): string {
  const writer = new ByteWriter()
    .u8(VERSION)
    .bytes(expectValue(fromHex(link.roomId)))
    .shortBytes(encodeUtf8(link.name))
    .bytes(link.seed)
    .bytes(expectValue(fromHex(link.invite)))
    .shortBytes(link.words)
  return linkOf('join', writeAddresses(writer, link.addresses), webAddress)
}

/** What a link says, or a sentence on what is wrong with it. @param now by which an invite may have expired */
export function decodeLink(text: string, now: Millis): Result<Link> {
  const match = LINK.exec(text)
  if (match === null) return failure('this is not a Starling link: it has no #/open/, #/join/ or starling: in it')
  const [, kind, code = ''] = match
  const bytes = fromBase64Url(code)
  if (!bytes.ok || bytes.value.length <= CHECK_BYTES) return failure(CUT_OFF)
  if (bytes.value[0] !== VERSION) return failure('this link was made by a newer version: update Starling to use it')
  const body = bytes.value.subarray(0, -CHECK_BYTES)
  if (!equalBytes(checkOf(body), bytes.value.subarray(-CHECK_BYTES))) return failure(CUT_OFF)
  const link = decodeWith(body, kind === 'open' ? readOpenRoomLink : readJoinLink)
  if (!link.ok) return failure(CUT_OFF)
  return link.value.kind === 'join' && link.value.said.expires <= now ? failure(expiredWords(link.value)) : link
}

/** A multiaddr that names its peer; whether there is a transport for it is for the network to say. */
const ADDRESS = /^(?:\/[^/\s]+)+\/p2p\/[1-9A-HJ-NP-Za-km-z]+$/
const CUT_OFF = 'this link is cut off or mistyped: copy it again, whole'

function expiredWords({ said }: JoinLink): string {
  const when = new Date(said.expires).toISOString().slice(0, 16).replace('T', ' ')
  return `this invite expired at ${when} UTC: ask for a new one`
}

function linkOf(kind: Link['kind'], writer: ByteWriter, webAddress: string | undefined): string {
  const bytes = writer.finish()
  const code = toBase64Url(new ByteWriter().bytes(bytes).bytes(checkOf(bytes)).finish())
  return webAddress === undefined ? `starling:${kind}/${code}` : `${webAddress.replace(/#.*$/, '')}#/${kind}/${code}`
}

function writeAddresses(writer: ByteWriter, all: readonly string[]): ByteWriter {
  const addresses = all.slice(0, MAX_LINK_ADDRESSES)
  writer.u8(addresses.length)
  for (const address of addresses) writer.shortBytes(encodeUtf8(address))
  return writer
}

function readOpenRoomLink(reader: ByteReader): Link {
  reader.u8()
  return { kind: 'open', name: readText(reader, MAX_NAME_BYTES), addresses: readAddresses(reader) }
}

function readJoinLink(reader: ByteReader): Link {
  reader.u8()
  const roomId = toHex(reader.bytes(ROOM_ID_BYTES)) as RoomId
  const name = parseDisplayName(readText(reader, MAX_NAME_BYTES), 'a room name', MAX_ROOM_NAME_CHARACTERS)
  if (!name.ok) return reader.refuse(name.error)
  const seed = reader.bytes(SEED_BYTES)
  const invite = toHex(reader.bytes(ENTRY_ID_BYTES)) as OperationId
  const words = reader.shortBytes(MAX_INVITE_WORDS_BYTES)
  return {
    kind: 'join',
    roomId,
    name: name.value,
    seed,
    invite,
    words,
    said: readSaid(reader, words),
    addresses: readAddresses(reader)
  }
}

function readSaid(reader: ByteReader, words: Uint8Array): Invite {
  const decoded = decodeSignedWords(words)
  const isOperation = decoded.ok && decoded.value.body.kind === OPERATION_KIND
  const said = isOperation ? decodeInvite(decoded.value.body.content) : failure('no invite')
  return said.ok ? said.value : reader.refuse(said.error)
}

function readAddresses(reader: ByteReader): string[] {
  const count = reader.u8()
  if (count > MAX_LINK_ADDRESSES) reader.refuse('too many addresses')
  const addresses = Array.from({ length: count }, () => readText(reader, MAX_ADDRESS_BYTES))
  if (!addresses.every(address => ADDRESS.test(address))) reader.refuse('an address that is none')
  return addresses
}

function readText(reader: ByteReader, limit: number): string {
  const text = decodeUtf8(reader.shortBytes(limit))
  return text.ok ? text.value : reader.refuse(text.error)
}

function checkOf(bytes: Uint8Array): Uint8Array {
  return sha256(bytes).subarray(0, CHECK_BYTES)
}
