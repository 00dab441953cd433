import { multiaddr } from '@multiformats/multiaddr'
import { concatBytes, failure, success, type Result } from '../../../bytes/index.ts'

/**
 * What two peers say on a stream of `/libp2p/dcutr`, each message behind its length: a protobuf of a type (field 1: 100
 * CONNECT, 300 SYNC) and of addresses in binary (field 2, repeated).
 * https://github.com/libp2p/specs/blob/master/relay/DCUtR.md
 */
export interface HolePunch {
  readonly type: 'connect' | 'sync'
  /** Multiaddrs without `/p2p/`. */
  readonly addresses: readonly string[]
}

export const DCUTR_PROTOCOL = '/libp2p/dcutr'
/** As in the specification. */
export const MAX_MESSAGE_BYTES = 4096

const TYPES = { connect: 100, sync: 300 } as const
const VARINT = 0
const LENGTH_DELIMITED = 2
/** More are read past: nobody dials them. */
const MAX_READ_ADDRESSES = 16

export function encodeHolePunch({ type, addresses }: HolePunch): Uint8Array {
  const parts = addresses.map(address => {
    const { bytes } = multiaddr(address)
    return concatBytes([Uint8Array.of((2 << 3) | LENGTH_DELIMITED), varint(bytes.length), bytes])
  })
  return concatBytes([Uint8Array.of((1 << 3) | VARINT), varint(TYPES[type]), ...parts])
}

/** Addresses that cannot be read are left out: they may be of a kind that is not known here. */
export function decodeHolePunch(bytes: Uint8Array): Result<HolePunch> {
  const reader = new ProtobufReader(bytes)
  let type: number | undefined
  const addresses: string[] = []
  while (!reader.isAtEnd) {
    const key = reader.varint()
    if (key === undefined) return failure('a message that is cut off')
    const [field, wire] = [key >>> 3, key & 7]
    const value = wire === VARINT ? reader.varint() : wire === LENGTH_DELIMITED ? reader.bytes() : undefined
    if (value === undefined) return failure('a message that is no protobuf')
    if (field === 1 && typeof value === 'number') type = value
    if (field === 2 && typeof value !== 'number' && addresses.length < MAX_READ_ADDRESSES)
      addresses.push(...textOf(value))
  }
  if (type === TYPES.connect) return success({ type: 'connect', addresses })
  if (type === TYPES.sync) return success({ type: 'sync', addresses })
  return failure(`a message of type ${type}`)
}

function textOf(bytes: Uint8Array): string[] {
  try {
    return [multiaddr(bytes).toString()]
  } catch {
    return []
  }
}

function varint(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80)
  return Uint8Array.from([...bytes, rest])
}

class ProtobufReader {
  readonly #bytes: Uint8Array
  #offset = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.#offset >= this.#bytes.length
  }

  /** Of up to 28 bits: nothing here is larger. */
  varint(): number | undefined {
    let value = 0
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#bytes[this.#offset]
      if (byte === undefined) return undefined
      this.#offset += 1
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    return undefined
  }

  bytes(): Uint8Array | undefined {
    const length = this.varint()
    if (length === undefined || length > this.#bytes.length - this.#offset) return undefined
    const start = this.#offset
    this.#offset += length
    return this.#bytes.slice(start, this.#offset)
  }
}
