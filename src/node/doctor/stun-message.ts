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
