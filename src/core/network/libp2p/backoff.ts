import type { Millis } from '../../bytes/index.ts'

export interface Backoff {
  /** The time to wait before the next try; twice the last, up to the most. */
  next(): Millis
  reset(): void
}

/**
 * Waits that double from `first` to `most`, each spread by a quarter to both sides so that peers do not move in step.
 */
export function createBackoff(first: Millis, most: Millis, jitter: () => number): Backoff {
  let base = first
  return {
    next() {
      const wait = spread(base, jitter)
      base = Math.min(base * 2, most)
      return wait
    },
    reset() {
      base = first
    }
  }
}

export function spread(period: Millis, jitter: () => number): Millis {
  return period * (0.75 + jitter() / 2)
}
