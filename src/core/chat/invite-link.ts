import {
  ByteWriter,
  decodeUtf8,
  decodeWith,
  encodeUtf8,
  equalBytes,
  expectValue,
  failure,
  fromBase64Url,
  sha256,
  success,
  toBase64Url,
  type Result
} from '../bytes/index.ts'

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
  readonly name: string
  readonly addresses: readonly string[]
}

/** Enough to find one of two members; a link should stay short enough to send. */
export const MAX_LINK_ADDRESSES = 3

const VERSION = 1
const MAX_NAME_BYTES = 400
const MAX_ADDRESS_BYTES = 512
const CHECK_BYTES = 4
const LINK = /(?:^starling:|#\/)(open|join)\/(\S*)$/

export function encodeOpenRoomLink(link: OpenRoomLink, webAddress?: string): string {
  const addresses = link.addresses.slice(0, MAX_LINK_ADDRESSES)
  const writer = new ByteWriter().u8(VERSION).shortBytes(encodeUtf8(link.name)).u8(addresses.length)
  for (const address of addresses) writer.shortBytes(encodeUtf8(address))
  const bytes = writer.finish()
  const code = toBase64Url(new ByteWriter().bytes(bytes).bytes(checkOf(bytes)).finish())
  return webAddress === undefined ? `starling:open/${code}` : `${webAddress.replace(/#.*$/, '')}#/open/${code}`
}

/** What a link says, or a sentence on what is wrong with it. */
export function decodeLink(text: string): Result<OpenRoomLink> {
  const match = LINK.exec(text.trim())
  if (match === null) return failure('this is not a Starling link: it has no #/open/ or starling:open/ in it')
  const [, kind, code = ''] = match
  if (kind === 'join') return failure('this link leads into a private room, which this version cannot join yet')
  const bytes = fromBase64Url(code)
  if (!bytes.ok || bytes.value.length <= CHECK_BYTES) return failure(CUT_OFF)
  if (bytes.value[0] !== VERSION) return failure('this link was made by a newer version: update Starling to use it')
  const body = bytes.value.subarray(0, -CHECK_BYTES)
  if (!equalBytes(checkOf(body), bytes.value.subarray(-CHECK_BYTES))) return failure(CUT_OFF)
  const link = decodeWith(body, reader => {
    reader.u8()
    const name = reader.shortBytes(MAX_NAME_BYTES)
    const count = reader.u8()
    if (count > MAX_LINK_ADDRESSES) reader.refuse('too many addresses')
    return { name, addresses: Array.from({ length: count }, () => reader.shortBytes(MAX_ADDRESS_BYTES)) }
  })
  return link.ok ? decodeTexts(link.value.name, link.value.addresses) : failure(CUT_OFF)
}

/** A multiaddr that names its peer; whether there is a transport for it is for the network to say. */
const ADDRESS = /^(?:\/[^/\s]+)+\/p2p\/[1-9A-HJ-NP-Za-km-z]+$/
const CUT_OFF = 'this link is cut off or mistyped: copy it again, whole'

function decodeTexts(name: Uint8Array, addresses: readonly Uint8Array[]): Result<OpenRoomLink> {
  const texts = [name, ...addresses].map(decodeUtf8)
  if (!texts.every(text => text.ok)) return failure(CUT_OFF)
  const [first = '', ...rest] = texts.map(expectValue)
  if (!rest.every(address => ADDRESS.test(address))) return failure(CUT_OFF)
  return success({ name: first, addresses: rest })
}

function checkOf(bytes: Uint8Array): Uint8Array {
  return sha256(bytes).subarray(0, CHECK_BYTES)
}
