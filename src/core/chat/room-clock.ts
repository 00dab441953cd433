import type { Clock, Millis } from '../bytes/index.ts'
import { DAY } from '../encryption/index.ts'
import { MAX_CLOCK_AHEAD } from '../log/index.ts'

/** A clock that is off by less hurts nobody: order does not depend on it. */
const TOLERATED: Millis = 60_000
/** With fewer others nobody could say whose clock is wrong. */
const MIN_OTHERS = 2
/** Members meet under names of the day, and so differ by little more than one. */
const MAX_CREDIBLE: Millis = DAY + DAY / 12

/** Put back by this much, a clock still suits all others that are within a minute of the right time. */
const MAX_DOUBTFUL: Millis = MAX_CLOCK_AHEAD - 2 * TOLERATED

export interface ClockError {
  /** How far the others' clocks are ahead, in ms; negative: behind. */
  readonly off: Millis
  /** What to add to this device's clock; as much, or less. */
  readonly correction: Millis
}

const RIGHT: ClockError = { off: 0, correction: 0 }

/**
 * What is wrong with this device's clock, from how far those of the connected members are ahead of it (negative: behind):
 * the median, this device's own included, when it is more than a minute off. Of two in the middle the nearer to our own
 * counts, so that two halves of a room do not change places.
 *
 * Whoever can enter a room can bring the most identities. So as long as one member's clock is near enough to this
 * device's for the two to talk, it is put forward never, and back by no more than leaves that so.
 */
export function clockErrorOf(offsets: readonly Millis[]): ClockError {
  const credible = offsets.filter(offset => Math.abs(offset) <= MAX_CREDIBLE)
  if (credible.length < MIN_OTHERS) return RIGHT
  const sorted = [0, ...credible].sort((a, b) => a - b)
  const [low = 0, high = 0] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  const off = Math.abs(low) <= Math.abs(high) ? low : high
  if (Math.abs(off) <= TOLERATED) return RIGHT
  const suitsNobody = credible.every(offset => Math.abs(offset) > MAX_CLOCK_AHEAD)
  return { off, correction: suitsNobody ? off : Math.max(-MAX_DOUBTFUL, Math.min(0, off)) }
}

/** The time that a room goes by: this device's, corrected where most members agree that it is wrong. */
export class RoomClock implements Clock {
  readonly #own: Clock
  #error = RIGHT

  constructor(own: Clock) {
    this.#own = own
  }

  now(): Millis {
    return this.#own.now() + this.#error.correction
  }

  after(delay: Millis, run: () => void): () => void {
    return this.#own.after(delay, run)
  }

  /** This device's own time, as others compare it with theirs. */
  ownTime(): Millis {
    return this.#own.now()
  }

  /** Corrects an error; true when it differs so much from the last that the user should know. */
  correct(error: ClockError): boolean {
    const before = this.#error.off
    this.#error = error
    return error.off !== 0 && Math.abs(error.off - before) > TOLERATED
  }
}

export function clockWords({ off, correction }: ClockError, room: string): string {
  return `The clock of this device is ${minutes(off)} ${off < 0 ? 'ahead of' : 'behind'} the others' in ${room}. ${doneAbout({ off, correction })}; please set the clock.`
}

function doneAbout({ off, correction }: ClockError): string {
  if (correction === off) return 'Their time is used here'
  return correction === 0 ? 'It is used all the same' : `${minutes(correction)} of that are made up for here`
}

function minutes(time: Millis): string {
  const count = Math.round(Math.abs(time) / 60_000)
  return count === 1 ? '1 minute' : `${count} minutes`
}
