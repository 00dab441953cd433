import type { Clock, Millis } from '../bytes/index.ts'
import { DAY } from '../encryption/index.ts'

/** A clock that is off by less hurts nobody: order does not depend on it. */
const TOLERATED: Millis = 60_000
/** With fewer others nobody could say whose clock is wrong. */
const MIN_OTHERS = 2
/** Members meet under names of the day, and so differ by little more than one. */
const MAX_CREDIBLE: Millis = DAY + DAY / 12

/**
 * What to add to this device's clock, from how far those of the connected members are ahead of it (negative: behind):
 * the median, this device's own included, when it is more than a minute off. Of two in the middle the nearer to our own
 * counts, so that two halves of a room do not change places.
 */
export function correctionOf(offsets: readonly Millis[]): Millis {
  const credible = offsets.filter(offset => Math.abs(offset) <= MAX_CREDIBLE)
  if (credible.length < MIN_OTHERS) return 0
  const sorted = [0, ...credible].sort((a, b) => a - b)
  const [low = 0, high = 0] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  const median = Math.abs(low) <= Math.abs(high) ? low : high
  return Math.abs(median) > TOLERATED ? median : 0
}

/** The time that a room goes by: this device's, corrected where most members agree that it is wrong. */
export class RoomClock implements Clock {
  readonly #own: Clock
  #correction: Millis = 0

  constructor(own: Clock) {
    this.#own = own
  }

  now(): Millis {
    return this.#own.now() + this.#correction
  }

  after(delay: Millis, run: () => void): () => void {
    return this.#own.after(delay, run)
  }

  /** This device's own time, as others compare it with theirs. */
  ownTime(): Millis {
    return this.#own.now()
  }

  /** Takes over a correction; true when it differs so much from the last that the user should know. */
  correct(correction: Millis): boolean {
    const before = this.#correction
    this.#correction = correction
    return correction !== 0 && Math.abs(correction - before) > TOLERATED
  }
}
