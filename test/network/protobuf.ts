import { ByteWriter, concatBytes } from '../../src/core/bytes/index.ts'

/** What it takes of protobuf to write messages by hand (https://protobuf.dev/programming-guides/encoding/). */
export function field(number: number, value: Uint8Array): Uint8Array {
  return concatBytes([Uint8Array.of((number << 3) | 2), varint(value.length), value])
}

export function varint(value: number): Uint8Array {
  const writer = new ByteWriter()
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) writer.u8((rest % 128) | 128)
  return writer.u8(rest).finish()
}
