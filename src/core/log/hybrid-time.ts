import type { ByteReader, ByteWriter, Millis } from '../bytes/index.ts'

/**
 * A hybrid logical clock reading (Kulkarni et al., 2014): 48-bit Unix milliseconds and a 16-bit counter, 8 bytes on the
 * wire. It never runs behind the wall clock and always stands above what its maker had seen.
 */
export interface HybridTime {
  readonly ms: Millis
  readonly counter: number
}

/** Entries further ahead than this are held back until their time: nobody's clock is moved by them. */
export const MAX_CLOCK_AHEAD: Millis = 5 * 60_000

const MAX_MS = 2 ** 48 - 1
const MAX_COUNTER = 2 ** 16 - 1

/** A reading above all of `seen`, and not below the wall clock. */
export function nextHybridTime(now: Millis, seen: readonly HybridTime[]): HybridTime {
  const latest = seen.reduce((high, time) => (compareHybridTimes(time, high) > 0 ? time : high), { ms: 0, counter: 0 })
  if (now > latest.ms) return { ms: Math.min(Math.floor(now), MAX_MS), counter: 0 }
  if (latest.counter < MAX_COUNTER) return { ms: latest.ms, counter: latest.counter + 1 }
  return { ms: latest.ms + 1, counter: 0 }
}

export function compareHybridTimes(a: HybridTime, b: HybridTime): number {
  return a.ms - b.ms || a.counter - b.counter
}

export function isAhead(time: HybridTime, now: Millis): boolean {
  return time.ms > now + MAX_CLOCK_AHEAD
}

export function writeHybridTime(writer: ByteWriter, time: HybridTime): ByteWriter {
  return writer.u48(time.ms).u16(time.counter)
}

export function readHybridTime(reader: ByteReader): HybridTime {
  return { ms: reader.u48(), counter: reader.u16() }
}
