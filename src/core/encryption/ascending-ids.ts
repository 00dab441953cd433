import { toHex, type ByteReader } from '../bytes/index.ts'

const ID_BYTES = 32

/** So many ids or public keys of 32 bytes, each above the one before, so that a set of them has one form. */
export function readAscendingIds(reader: ByteReader, count: number, limit: number): string[] {
  if (count > limit) reader.refuse(`${count} ids, ${limit} allowed`)
  const ids = Array.from({ length: count }, () => toHex(reader.bytes(ID_BYTES)))
  if (ids.some((id, index) => index > 0 && id <= (ids[index - 1] ?? ''))) reader.refuse('ids out of order')
  return ids
}
