import { concat } from 'uint8arrays/concat'

/** Builds a byte string field by field; integers are unsigned and big-endian. */
export class ByteWriter {
  #parts: Uint8Array[] = []

  u8(value: number): this {
    return this.#integer(value, 1)
  }

  u16(value: number): this {
    return this.#integer(value, 2)
  }

  u32(value: number): this {
    return this.#integer(value, 4)
  }

  u48(value: number): this {
    return this.#integer(value, 6)
  }

  /** A safe integer (below 2^53) in 8 bytes. */
  u64(value: number): this {
    return this.#integer(value, 8)
  }

  bytes(value: Uint8Array): this {
    this.#parts.push(value)
    return this
  }

  /** Length in two bytes, then the bytes. */
  shortBytes(value: Uint8Array): this {
    return this.u16(value.length).bytes(value)
  }

  /** Length in four bytes, then the bytes. */
  longBytes(value: Uint8Array): this {
    return this.u32(value.length).bytes(value)
  }

  finish(): Uint8Array {
    return concat(this.#parts)
  }

  #integer(value: number, width: number): this {
    if (!Number.isSafeInteger(value) || value < 0 || value >= 256 ** width) {
      throw new RangeError(`${value} does not fit in ${width} bytes`)
    }
    const bytes = new Uint8Array(width)
    // An element keeps the lowest byte of what it is given; `%` of numbers beyond 32 bits is slow.
    for (let index = width - 1, rest = value; index >= 0; index -= 1, rest = Math.floor(rest / 256)) bytes[index] = rest
    return this.bytes(bytes)
  }
}
