import type { Endpoint } from '../../core/network/index.ts'

const MAGIC_COOKIE = 0x21_12_a4_42
const BINDING_REQUEST = 0x0001
const BINDING_SUCCESS = 0x0101
const XOR_MAPPED_ADDRESS = 0x0020
const HEADER_BYTES = 20

/** RFC 8489, section 5: no attributes. */
export function bindingRequest(transaction: Uint8Array): Buffer {
  const message = Buffer.alloc(HEADER_BYTES)
  message.writeUInt16BE(BINDING_REQUEST, 0)
  message.writeUInt32BE(MAGIC_COOKIE, 4)
  message.set(transaction, 8)
  return message
}

/** The transaction id in hex, of anything that is a STUN message at all. */
export function transactionOf(packet: Uint8Array): string | undefined {
  const message = Buffer.from(packet.buffer, packet.byteOffset, packet.byteLength)
  if (message.length < HEADER_BYTES || message.readUInt32BE(4) !== MAGIC_COOKIE) return undefined
  return message.subarray(8, HEADER_BYTES).toString('hex')
}

/** The XOR-MAPPED-ADDRESS (RFC 8489, section 14.2) of a success response; undefined where there is none. */
export function mappedAddress(packet: Uint8Array): Endpoint | undefined {
  const message = Buffer.from(packet.buffer, packet.byteOffset, packet.byteLength)
  if (transactionOf(packet) === undefined || message.readUInt16BE(0) !== BINDING_SUCCESS) return undefined
  for (let at = HEADER_BYTES; at + 4 <= message.length;) {
    const length = message.readUInt16BE(at + 2)
    const value = message.subarray(at + 4, at + 4 + length)
    if (message.readUInt16BE(at) === XOR_MAPPED_ADDRESS && value.length === length) return unmasked(value, message)
    at += 4 + Math.ceil(length / 4) * 4
  }
  return undefined
}

function unmasked(value: Buffer, message: Buffer): Endpoint | undefined {
  const family = value[1]
  const wanted = family === 1 ? 8 : family === 2 ? 20 : 0
  if (value.length !== wanted) return undefined
  const port = value.readUInt16BE(2) ^ (MAGIC_COOKIE >>> 16)
  const bytes = [...value.subarray(4)].map((byte, index) => byte ^ (message[4 + index] ?? 0))
  if (family === 1) return { host: bytes.join('.'), port }
  const groups = Array.from({ length: 8 }, (_, index) => ((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0))
  return { host: new URL(`http://[${groups.map(group => group.toString(16)).join(':')}]`).hostname.slice(1, -1), port }
}

const BINDING_ERROR = 0x0111
const ERROR_CODE = 0x0009
const UNKNOWN_ATTRIBUTES = 0x000a
/** Attributes below this must be understood (RFC 8489, section 14). */
const FIRST_OPTIONAL = 0x8000
/** Those of RFC 8489 itself that a request may have; nobody needs to be known here to be answered. */
const KNOWN = [0x0001, 0x0006, 0x0008, 0x0014, 0x0015, 0x001c, 0x001d, 0x001e]
const MAX_NAMED_UNKNOWN = 4

export interface BindingRequest {
  readonly transaction: Uint8Array
  /** Types of attributes that must be understood, and are none of ours. */
  readonly unknown: readonly number[]
}

/** A binding request that is whole, as a server reads it; undefined for anything else, which is not answered. */
export function readBindingRequest(packet: Uint8Array): BindingRequest | undefined {
  const message = Buffer.from(packet.buffer, packet.byteOffset, packet.byteLength)
  if (transactionOf(packet) === undefined || message.readUInt16BE(0) !== BINDING_REQUEST) return undefined
  if (message.readUInt16BE(2) !== message.length - HEADER_BYTES) return undefined
  const unknown: number[] = []
  for (let at = HEADER_BYTES; at < message.length;) {
    if (at + 4 > message.length) return undefined
    const [type, length] = [message.readUInt16BE(at), message.readUInt16BE(at + 2)]
    at += 4 + Math.ceil(length / 4) * 4
    if (at > message.length) return undefined
    if (type < FIRST_OPTIONAL && !KNOWN.includes(type) && unknown.length < MAX_NAMED_UNKNOWN) unknown.push(type)
  }
  return { transaction: message.subarray(8, HEADER_BYTES), unknown }
}

/**
 * What a server answers: where the request came from, or 420 when it has attributes that must be understood. At most 24
 * bytes longer than the shortest request.
 */
export function bindingResponse({ transaction, unknown }: BindingRequest, from: Endpoint): Buffer {
  if (unknown.length > 0) {
    const types = Buffer.alloc(2 * unknown.length)
    for (const [index, type] of unknown.entries()) types.writeUInt16BE(type, 2 * index)
    const refused = attribute(ERROR_CODE, Buffer.from([0, 0, 4, 20]))
    return withHeader(BINDING_ERROR, transaction, Buffer.concat([refused, attribute(UNKNOWN_ATTRIBUTES, types)]))
  }
  const header = withHeader(BINDING_SUCCESS, transaction, Buffer.alloc(0))
  const address = addressBytes(from.host)
  const value = Buffer.alloc(4 + address.length)
  value.writeUInt8(address.length === 4 ? 1 : 2, 1)
  value.writeUInt16BE(from.port ^ (MAGIC_COOKIE >>> 16), 2)
  for (const [index, byte] of address.entries()) value.writeUInt8(byte ^ (header[4 + index] ?? 0), 4 + index)
  return withHeader(BINDING_SUCCESS, transaction, attribute(XOR_MAPPED_ADDRESS, value))
}

function withHeader(type: number, transaction: Uint8Array, attributes: Buffer): Buffer {
  const header = bindingRequest(transaction)
  header.writeUInt16BE(type, 0)
  header.writeUInt16BE(attributes.length, 2)
  return Buffer.concat([header, attributes])
}

function attribute(type: number, value: Buffer): Buffer {
  const bytes = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4)
  bytes.writeUInt16BE(type, 0)
  bytes.writeUInt16BE(value.length, 2)
  bytes.set(value, 4)
  return bytes
}

/** The 4 or 16 bytes of an IP address in text. */
function addressBytes(host: string): Uint8Array {
  if (!host.includes(':')) return Uint8Array.from(host.split('.'), Number)
  const canonical = new URL(`http://[${host.replace(/%.*$/, '')}]`).hostname.slice(1, -1)
  const [before = '', after] = canonical.split('::')
  const groups = (text: string): number[] =>
    text === '' ? [] : text.split(':').map(group => Number.parseInt(group, 16))
  const [head, tail] = [groups(before), after === undefined ? [] : groups(after)]
  const all = [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => 0), ...tail]
  return Uint8Array.from(all.flatMap(group => [group >>> 8, group & 0xff]))
}
