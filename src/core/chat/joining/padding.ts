import { ByteWriter, decodeWith } from '../../bytes/index.ts'

/** So that the length of what is sealed says little. */
export const PADDING_BYTES = 1024

/** Length in four bytes, the bytes, then zeros up to a multiple of 1024. */
export function pad(bytes: Uint8Array): Uint8Array {
  const said = new ByteWriter().longBytes(bytes).finish()
  const padded = new Uint8Array(Math.ceil(said.length / PADDING_BYTES) * PADDING_BYTES)
  padded.set(said)
  return padded
}

/** The inverse; undefined for what was not padded so, or is longer than `limit`. */
export function unpad(padded: Uint8Array, limit: number): Uint8Array | undefined {
  const bytes = decodeWith(padded, reader => {
    const said = reader.longBytes(limit)
    reader.rest()
    return said
  })
  return bytes.ok ? bytes.value : undefined
}
