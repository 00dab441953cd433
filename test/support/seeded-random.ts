import type { RandomBytes } from '../../src/core/bytes/index.ts'

/** Numbers from a seed (mulberry32): the same in every run, so that a failing case can be repeated. */
export function seededNumbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export function seededRandom(seed: number): RandomBytes {
  const next = seededNumbers(seed)
  return length => Uint8Array.from({ length }, () => Math.floor(next() * 256))
}
