import {
  type ByteReader,
  ByteWriter,
  decodeWith,
  expectValue,
  fromHex,
  sha256,
  toHex,
  type Millis,
  type Result
} from '../../bytes/index.ts'
import { ENTRY_ID_BYTES, type EntryId } from '../entry.ts'
import { compareBounds, HIGHEST, LOWEST } from './bound.ts'
import type { RangeSum, SyncBound } from './sync-set.ts'

/**
 * Messages of Negentropy Protocol V1 (https://github.com/hoytech/negentropy, docs/negentropy-protocol-v1.md): a version
 * byte, then ranges. A range begins where the one before it ends; what follows the last one is skipped.
 *
 * | part | bytes |
 * |---|---|
 * | varint | base 128, most significant group first, the top bit set on all bytes but the last |
 * | range | bound above it, varint mode, payload |
 * | bound | varint time: 0 infinite, else 1 + ms since the bound before; varint length, that many first bytes of an id |
 * | payload | mode 0 skip: nothing · 1 fingerprint: 16 · 2 ids: varint number, 32 each |
 */
export type SyncRange =
  | { readonly kind: 'skip'; readonly upper: SyncBound }
  | { readonly kind: 'fingerprint'; readonly upper: SyncBound; readonly fingerprint: Uint8Array }
  | { readonly kind: 'ids'; readonly upper: SyncBound; readonly ids: readonly EntryId[] }

export interface NegentropyMessage {
  /** 1, or what the other side speaks instead; then there are no ranges. */
  readonly version: number
  readonly ranges: readonly SyncRange[]
}

/** The version byte of version 0; the others follow, up to 0x6f. */
const VERSION_BASE = 0x60
const MAX_VERSION = 0x0f
export const NEGENTROPY_VERSION = 1
const FINGERPRINT_BYTES = 16
/** 64 KiB of fingerprints, each with the shortest bound there can be, are 3,449 ranges; nobody has reason to send more. */
const MAX_RANGES = 4096
/** 2^53 - 1 in groups of seven bits. */
const MAX_VARINT_BYTES = 8

const MODE = { skip: 0, fingerprint: 1, ids: 2 } as const

export function encodeMessage(ranges: readonly SyncRange[]): Uint8Array {
  const writer = new ByteWriter().u8(VERSION_BASE + NEGENTROPY_VERSION)
  let lastMs: Millis = 0
  for (const range of ranges) {
    writer.bytes(encodeRange(range, lastMs))
    lastMs = range.upper.ms
  }
  return writer.finish()
}

/** One range behind another whose upper bound had the time `lastMs`. */
export function encodeRange(range: SyncRange, lastMs: Millis): Uint8Array {
  const writer = new ByteWriter()
  writeBound(writer, range.upper, lastMs)
  writeVarint(writer, MODE[range.kind])
  if (range.kind === 'fingerprint') writer.bytes(range.fingerprint)
  if (range.kind === 'ids') {
    writeVarint(writer, range.ids.length)
    for (const id of range.ids) writer.bytes(expectValue(fromHex(id)))
  }
  return writer.finish()
}

export function decodeMessage(bytes: Uint8Array): Result<NegentropyMessage> {
  return decodeWith(bytes, reader => {
    const version = reader.u8() - VERSION_BASE
    if (version < 0 || version > MAX_VERSION) reader.refuse('no version byte')
    if (version === NEGENTROPY_VERSION) return { version, ranges: readRanges(reader) }
    reader.rest()
    return { version, ranges: [] }
  })
}

/** What stands for all items of a range: two ranges with the same one are taken for equal. */
export function fingerprintOf({ count, sum }: RangeSum): Uint8Array {
  const bytes = new Uint8Array(ENTRY_ID_BYTES)
  for (let index = 0, rest = sum; index < bytes.length; index += 1, rest >>= 8n) bytes[index] = Number(rest & 0xffn)
  const writer = new ByteWriter().bytes(bytes)
  writeVarint(writer, count)
  return sha256(writer.finish()).slice(0, FINGERPRINT_BYTES)
}

function readRanges(reader: ByteReader): SyncRange[] {
  const ranges: SyncRange[] = []
  let last = LOWEST
  while (reader.remaining > 0) {
    if (ranges.length === MAX_RANGES) reader.refuse(`more than ${MAX_RANGES} ranges`)
    const range = readRange(reader, last.ms)
    if (compareBounds(range.upper, last) < 0) reader.refuse('bounds out of order')
    last = range.upper
    ranges.push(range)
  }
  return ranges
}

function readRange(reader: ByteReader, lastMs: Millis): SyncRange {
  const upper = readBound(reader, lastMs)
  const mode = readVarint(reader)
  if (mode === MODE.skip) return { kind: 'skip', upper }
  if (mode === MODE.fingerprint) return { kind: 'fingerprint', upper, fingerprint: reader.bytes(FINGERPRINT_BYTES) }
  if (mode === MODE.ids) return { kind: 'ids', upper, ids: readIds(reader) }
  return reader.refuse(`a range of mode ${mode}`)
}

function readIds(reader: ByteReader): EntryId[] {
  const count = readVarint(reader)
  if (count * ENTRY_ID_BYTES > reader.remaining) reader.refuse(`${count} ids in ${reader.remaining} bytes`)
  return Array.from({ length: count }, () => toHex(reader.bytes(ENTRY_ID_BYTES)) as EntryId)
}

function writeBound(writer: ByteWriter, { ms, prefix }: SyncBound, lastMs: Millis): void {
  writeVarint(writer, ms === Infinity ? 0 : ms - lastMs + 1)
  writeVarint(writer, prefix.length / 2)
  writer.bytes(expectValue(fromHex(prefix)))
}

function readBound(reader: ByteReader, lastMs: Millis): SyncBound {
  const time = readVarint(reader)
  const length = readVarint(reader)
  if (length > ENTRY_ID_BYTES) reader.refuse(`a bound of ${length} bytes`)
  const prefix = toHex(reader.bytes(length))
  const ms = time === 0 ? Infinity : lastMs + (time - 1)
  if (ms !== Infinity && !Number.isSafeInteger(ms)) reader.refuse('a time of 2^53 or more')
  if (lastMs === Infinity && time !== 0) reader.refuse('a bound above the last one')
  if (ms === Infinity && length > 0) reader.refuse('an infinite bound with bytes of an id')
  return ms === Infinity ? HIGHEST : { ms, prefix }
}

function writeVarint(writer: ByteWriter, value: number): void {
  const groups = [value % 128]
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) groups.unshift((rest % 128) | 0x80)
  for (const group of groups) writer.u8(group)
}

function readVarint(reader: ByteReader): number {
  let value = 0
  for (let read = 0; read < MAX_VARINT_BYTES; read += 1) {
    const byte = reader.u8()
    if (read === 0 && byte === 0x80) reader.refuse('an integer with leading zeros')
    value = value * 128 + (byte & 0x7f)
    if (byte < 0x80) return Number.isSafeInteger(value) ? value : reader.refuse('an integer of 2^53 or more')
  }
  return reader.refuse('an integer of 2^53 or more')
}
