import type { Clock, Millis } from '../bytes/index.ts'

/** What is due already, and could not be done, is not tried all the time. */
const SHORTEST_WAIT: Millis = 1000
/** A clock may be put right meanwhile, and browsers' timers count no further than 24 days. */
const LONGEST_WAIT: Millis = 3_600_000

/** One timer for whatever comes next. */
export class Alarm {
  readonly #clock: Clock
  readonly #ring: () => void
  #cancel: (() => void) | undefined

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock
    this.#ring = ring
  }

  /** Rings at this time, or earlier when that is far away: whoever is woken looks at the clock. `undefined`: never. */
  setFor(time: Millis | undefined): void {
    this.#cancel?.()
    this.#cancel = undefined
    if (time === undefined) return
    const wait = Math.min(Math.max(time - this.#clock.now(), SHORTEST_WAIT), LONGEST_WAIT)
    this.#cancel = this.#clock.after(wait, this.#ring)
  }
}
