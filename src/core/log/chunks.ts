import { ByteWriter, decodeWith, expectValue, fromHex, toHex } from '../bytes/index.ts'
import type { EntryId } from './entry.ts'
import type { RangeSum, SyncBound, SyncItem } from './sync/index.ts'

/** The place of an item in the set, as text that sorts like it: 12 hex digits of milliseconds, then the id. */
export type SyncKey = string

/** Neighbouring items that are counted and summed together: those from `lower` up to where the next chunk begins. */
export interface Chunk extends RangeSum {
  readonly lower: SyncKey
}

/** A range's sum costs the reading of the two chunks at its ends; all chunks of a million items are 4,000. */
export const MAX_CHUNK_ITEMS = 512
const SPLIT_ITEMS = MAX_CHUNK_ITEMS / 2

const ID_DIGITS = 64
const MS_DIGITS = 12
const MAX_MS = 2 ** 48 - 1
/** Above every key. */
export const TOP_KEY: SyncKey = '~'

export function syncKeyOf({ ms, id }: SyncItem): SyncKey {
  return ms.toString(16).padStart(MS_DIGITS, '0') + id
}

export function itemOfKey(key: SyncKey): SyncItem {
  return { ms: Number.parseInt(key.slice(0, MS_DIGITS), 16), id: key.slice(MS_DIGITS) as EntryId }
}

/** The lowest key that is not below the bound. */
export function keyOfBound({ ms, prefix }: SyncBound): SyncKey {
  return ms > MAX_MS ? TOP_KEY : ms.toString(16).padStart(MS_DIGITS, '0') + prefix.padEnd(ID_DIGITS, '0')
}

export function sumOfKeys(keys: readonly SyncKey[]): RangeSum {
  const sum = keys.reduce((total, key) => total + numberOf(key.slice(MS_DIGITS)), 0n)
  return { count: keys.length, sum: BigInt.asUintN(256, sum) }
}

export function addSums(a: RangeSum, b: RangeSum): RangeSum {
  return { count: a.count + b.count, sum: BigInt.asUintN(256, a.sum + b.sum) }
}

/** Chunks of these keys, which are all that there are from `lower` up to the next chunk, in order. */
export function chunksOf(lower: SyncKey, keys: readonly SyncKey[]): Chunk[] {
  if (keys.length <= MAX_CHUNK_ITEMS) return [{ lower, ...sumOfKeys(keys) }]
  const first = keys.slice(0, SPLIT_ITEMS)
  const rest = keys.slice(SPLIT_ITEMS)
  return [{ lower, ...sumOfKeys(first) }, ...chunksOf(rest[0] ?? lower, rest)]
}

/** The place of the chunk that holds this key, among chunks of which the first begins below all. */
export function chunkOf(chunks: readonly Chunk[], key: SyncKey): number {
  let [low, high] = [0, chunks.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((chunks[middle]?.lower ?? '') <= key) low = middle + 1
    else high = middle
  }
  return Math.max(0, low - 1)
}

export function encodeSum({ count, sum }: RangeSum): Uint8Array {
  return new ByteWriter()
    .u32(count)
    .bytes(expectValue(fromHex(sum.toString(16).padStart(ID_DIGITS, '0'))))
    .finish()
}

/** The inverse of `encodeSum`; its input comes from this peer's own store. */
export function decodeSum(bytes: Uint8Array): RangeSum {
  return expectValue(
    decodeWith(bytes, reader => ({ count: reader.u32(), sum: BigInt(`0x${toHex(reader.bytes(ID_DIGITS / 2))}`) }))
  )
}

/** An id as a number, its first byte the least significant. */
function numberOf(id: string): bigint {
  let digits = ''
  for (let place = ID_DIGITS - 2; place >= 0; place -= 2) digits += id.slice(place, place + 2)
  return BigInt(`0x${digits}`)
}
