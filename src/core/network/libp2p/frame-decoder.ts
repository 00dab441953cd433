import { concatBytes } from '../../bytes/index.ts'

/** An unsigned varint (https://github.com/multiformats/unsigned-varint) of a length below 2^28. */
const MAX_PREFIX_BYTES = 4

export interface FrameLimits {
  readonly maxFrameBytes: number
  readonly maxTotalBytes: number
}

/** Thrown when the other side breaks the protocol; the stream is reset. */
export class FrameError extends Error {
  override readonly name = 'FrameError'
}

/** Cuts received bytes into frames. A length is judged before anything is kept for it. */
export class FrameDecoder {
  readonly #limits: FrameLimits
  #chunks: Uint8Array[] = []
  #held = 0
  #total = 0
  #length: number | undefined
  #prefix: number[] = []

  constructor(limits: FrameLimits) {
    this.#limits = limits
  }

  /** Whether the bytes so far end between two frames. */
  get isBetweenFrames(): boolean {
    return this.#length === undefined && this.#prefix.length === 0
  }

  /** The frames that these bytes complete. */
  push(bytes: Uint8Array): Uint8Array[] {
    this.#total += bytes.length
    if (this.#total > this.#limits.maxTotalBytes) throw new FrameError('more bytes than this protocol allows')
    const frames: Uint8Array[] = []
    let rest = bytes
    while (rest.length > 0 || this.#length === 0) {
      rest = this.#length === undefined ? this.#readPrefix(rest) : this.#readBody(rest, this.#length, frames)
    }
    return frames
  }

  #readPrefix(bytes: Uint8Array): Uint8Array {
    const byte = bytes[0] ?? 0
    this.#prefix.push(byte)
    if (byte < 0x80) this.#length = this.#decodeLength()
    else if (this.#prefix.length >= MAX_PREFIX_BYTES) throw new FrameError('a length of more than 4 bytes')
    return bytes.subarray(1)
  }

  #decodeLength(): number {
    const length = this.#prefix.reduceRight((value, byte) => value * 128 + (byte & 0x7f), 0)
    if (this.#prefix.length > 1 && this.#prefix.at(-1) === 0) throw new FrameError('a length with leading zeros')
    if (length > this.#limits.maxFrameBytes) throw new FrameError(`a frame of ${length} bytes`)
    this.#prefix = []
    return length
  }

  #readBody(bytes: Uint8Array, length: number, frames: Uint8Array[]): Uint8Array {
    const part = bytes.subarray(0, length - this.#held)
    this.#chunks.push(part)
    this.#held += part.length
    if (this.#held === length) {
      frames.push(concatBytes(this.#chunks, length))
      this.#chunks = []
      this.#held = 0
      this.#length = undefined
    }
    return bytes.subarray(part.length)
  }
}

/** The frames, each with its length in front. */
export function encodeFrames(frames: readonly Uint8Array[]): Uint8Array {
  return concatBytes(frames.flatMap(frame => [lengthPrefix(frame), frame]))
}

function lengthPrefix(frame: Uint8Array): Uint8Array {
  const prefix: number[] = []
  let rest = frame.length
  while (rest >= 0x80) {
    prefix.push((rest % 128) | 0x80)
    rest = Math.floor(rest / 128)
  }
  if (prefix.length >= MAX_PREFIX_BYTES) throw new Error('a frame of 256 MiB or more')
  return Uint8Array.from([...prefix, rest])
}
