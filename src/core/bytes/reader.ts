import { failure, success, type Result } from './result.ts'

/** Thrown inside `decodeWith` only, which turns it into a refusal. */
class MalformedError extends Error {}

/** Reads what a `ByteWriter` wrote; every read is bounded by what is there, and nothing is allocated by a claimed length. */
export class ByteReader {
  readonly #source: Uint8Array
  #offset = 0

  constructor(source: Uint8Array) {
    // Node's `Buffer` is a `Uint8Array`, too, but its `slice` makes no copy.
    this.#source = new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
  }

  /** A copy of all that was read so far. */
  soFar(): Uint8Array {
    return this.#source.slice(0, this.#offset)
  }

  get remaining(): number {
    return this.#source.length - this.#offset
  }

  u8(): number {
    return this.#integer(1)
  }

  u16(): number {
    return this.#integer(2)
  }

  u32(): number {
    return this.#integer(4)
  }

  u48(): number {
    return this.#integer(6)
  }

  u64(): number {
    const value = this.#integer(8)
    if (!Number.isSafeInteger(value)) this.refuse('an integer of 2^53 or more')
    return value
  }

  /** A copy of the next `length` bytes. */
  bytes(length: number): Uint8Array {
    if (length > this.remaining) this.refuse('cut off')
    const value = this.#source.slice(this.#offset, this.#offset + length)
    this.#offset += length
    return value
  }

  shortBytes(limit: number): Uint8Array {
    return this.#limited(this.u16(), limit)
  }

  longBytes(limit: number): Uint8Array {
    return this.#limited(this.u32(), limit)
  }

  rest(): Uint8Array {
    return this.bytes(this.remaining)
  }

  /** Reads what is left, and tells whether it is nothing but zeros. */
  skipZeros(): boolean {
    const from = this.#offset
    this.#offset = this.#source.length
    for (let index = from; index < this.#source.length; index += 1) if (this.#source[index] !== 0) return false
    return true
  }

  /** Ends decoding: the bytes are refused, for `reason`. */
  refuse(reason: string): never {
    throw new MalformedError(reason)
  }

  #limited(length: number, limit: number): Uint8Array {
    if (length > limit) this.refuse(`a field of ${length} bytes, ${limit} allowed`)
    return this.bytes(length)
  }

  #integer(width: number): number {
    if (width > this.remaining) this.refuse('cut off')
    let value = 0
    for (const end = this.#offset + width; this.#offset < end; this.#offset += 1) {
      value = value * 256 + (this.#source[this.#offset] ?? 0)
    }
    return value
  }
}

/** Runs a decoder over all of `source`: bytes that are malformed, cut off or left over are refused, never thrown. */
export function decodeWith<T>(source: Uint8Array, decode: (reader: ByteReader) => T): Result<T> {
  const reader = new ByteReader(source)
  try {
    const value = decode(reader)
    return reader.remaining === 0 ? success(value) : failure(`${reader.remaining} bytes too many`)
  } catch (thrown) {
    if (thrown instanceof MalformedError) return failure(thrown.message)
    throw thrown
  }
}
