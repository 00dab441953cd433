import type { ByteReader, ByteWriter } from '../../bytes/index.ts'

/** Which sequences of one author are here: ascending, separate, inclusive ranges. */
export type SequenceRanges = readonly SequenceRange[]

export interface SequenceRange {
  readonly from: number
  readonly to: number
}

/** Above this many holes the lowest are forgotten, which only makes an acknowledgement say less. */
const MAX_RANGES = 512
/** What is told of them: the newest. The rest is told when holes have closed. */
const MAX_TOLD_RANGES = 64

export function addSequence(ranges: SequenceRanges, sequence: number): SequenceRanges {
  const below = ranges.filter(range => range.to < sequence - 1)
  const above = ranges.filter(range => range.from > sequence + 1)
  const touching = ranges.slice(below.length, ranges.length - above.length)
  const merged = {
    from: Math.min(sequence, touching[0]?.from ?? sequence),
    to: Math.max(sequence, touching.at(-1)?.to ?? sequence)
  }
  return [...below, merged, ...above].slice(-MAX_RANGES)
}

export function coversSequence(ranges: SequenceRanges, sequence: number): boolean {
  return ranges.some(range => range.from <= sequence && sequence <= range.to)
}

export function coversAll(ranges: SequenceRanges, sequences: readonly number[]): boolean {
  return sequences.every(sequence => coversSequence(ranges, sequence))
}

/** All that either holds. */
export function mergeRanges(a: SequenceRanges, b: SequenceRanges): SequenceRanges {
  const sorted = [...a, ...b].sort((left, right) => left.from - right.from)
  const merged: SequenceRange[] = []
  for (const range of sorted) {
    const last = merged.at(-1)
    if (last === undefined || range.from > last.to + 1) merged.push(range)
    else merged[merged.length - 1] = { from: last.from, to: Math.max(last.to, range.to) }
  }
  return merged.slice(-MAX_RANGES)
}

export function writeRanges(writer: ByteWriter, ranges: SequenceRanges): ByteWriter {
  const told = ranges.slice(-MAX_TOLD_RANGES)
  writer.u8(told.length)
  for (const { from, to } of told) writer.u64(from).u64(to)
  return writer
}

export function readRanges(reader: ByteReader): SequenceRanges {
  const count = reader.u8()
  if (count > MAX_TOLD_RANGES) reader.refuse(`${count} ranges`)
  const ranges: SequenceRange[] = []
  for (let index = 0; index < count; index += 1) {
    const range = { from: reader.u64(), to: reader.u64() }
    const lowest = (ranges.at(-1)?.to ?? -1) + 2
    if (range.from < Math.max(1, lowest) || range.to < range.from) reader.refuse('ranges out of order')
    ranges.push(range)
  }
  return ranges
}
