import { ByteWriter, decodeWith, expectValue, fromHex, toHex } from '../bytes/index.ts'
import type { EntryId } from './entry.ts'
import type { RangeSum, SyncBound, SyncItem } from './sync/index.ts'

/** The place of an item in the set, as text that sorts like it: 12 hex digits of milliseconds, then the id. */
export type SyncKey = string

/** Neighbouring items that are counted and summed together: those from `lower` up to where the next chunk begins. */
export interface Chunk extends RangeSum {
  readonly lower: SyncKey
}

export const NOTHING: RangeSum = { count: 0, sum: 0n }

/** A range's sum costs the reading of the two chunks at its ends; all chunks of a million items are 8,000. */
export const MAX_CHUNK_ITEMS = 256
const SPLIT_ITEMS = MAX_CHUNK_ITEMS / 2

const ID_DIGITS = 64
const ID_WORDS = 8
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
  return sumOfWords(wordsOf(keys), keys.length)
}

export function addSums(a: RangeSum, b: RangeSum): RangeSum {
  return { count: a.count + b.count, sum: BigInt.asUintN(256, a.sum + b.sum) }
}

/** What is left of `a` without `b`, which is part of it. */
export function subtractSums(a: RangeSum, b: RangeSum): RangeSum {
  return { count: a.count - b.count, sum: BigInt.asUintN(256, a.sum - b.sum) }
}

/** Chunks of these keys, which are all that there are from `lower` up to the next chunk, in order. */
export function chunksOf(lower: SyncKey, keys: readonly SyncKey[]): Chunk[] {
  if (keys.length <= MAX_CHUNK_ITEMS) return [{ lower, ...sumOfKeys(keys) }]
  const first = keys.slice(0, SPLIT_ITEMS)
  const rest = keys.slice(SPLIT_ITEMS)
  return [{ lower, ...sumOfKeys(first) }, ...chunksOf(rest[0] ?? lower, rest)]
}

/** The items of a chunk that were read, in order. */
export class ChunkItems {
  readonly keys: readonly SyncKey[]
  /** Their ids as numbers: sums are asked for again and again. */
  #words: Uint32Array | undefined

  constructor(keys: readonly SyncKey[]) {
    this.keys = keys
  }

  /** With the keys that came and without those that are gone. */
  after(added: readonly SyncKey[], gone: readonly SyncKey[]): ChunkItems {
    const left = new Set(gone)
    return new ChunkItems([...this.keys.filter(key => !left.has(key)), ...added].sort())
  }

  /** Those from `from` up to `to`. */
  between(from: SyncKey, to: SyncKey): ChunkItems {
    return new ChunkItems(this.keys.slice(placeOf(this.keys, from), placeOf(this.keys, to)))
  }

  countBelow(key: SyncKey): number {
    return placeOf(this.keys, key)
  }

  sumBelow(key: SyncKey): RangeSum {
    this.#words ??= wordsOf(this.keys)
    return sumOfWords(this.#words, this.countBelow(key))
  }
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

/** How many of the sorted keys are below this one. */
function placeOf(keys: readonly SyncKey[], key: SyncKey): number {
  let [low, high] = [0, keys.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((keys[middle] ?? '') < key) low = middle + 1
    else high = middle
  }
  return low
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

function wordsOf(keys: readonly SyncKey[]): Uint32Array {
  const words = new Uint32Array(keys.length * ID_WORDS)
  for (const [place, key] of keys.entries()) {
    for (let word = 0; word < ID_WORDS; word += 1) words[place * ID_WORDS + word] = wordOf(key, word)
  }
  return words
}

/** The sum of the first `count` of the ids in these words. */
function sumOfWords(words: Uint32Array, count: number): RangeSum {
  // Added word by word, which leaves room in a number for the carries of a million ids.
  const sums = Array.from({ length: ID_WORDS }, () => 0)
  for (let place = 0; place < count * ID_WORDS; place += ID_WORDS) {
    for (let word = 0; word < ID_WORDS; word += 1) sums[word] = (sums[word] ?? 0) + (words[place + word] ?? 0)
  }
  const sum = sums.reduceRight((high, word) => (high << 32n) + BigInt(word), 0n)
  return { count, sum: BigInt.asUintN(256, sum) }
}

/** Of the id as a number whose first byte is the least significant, the word at this place. */
function wordOf(key: SyncKey, word: number): number {
  const start = MS_DIGITS + word * 8
  const value = Number.parseInt(key.slice(start, start + 8), 16)
  return (((value & 0xff) << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0
}
