import type { Clock, Millis } from '../../src/core/bytes/index.ts'

/** The clock of one run of a peer: off by so much, and stopped when the process is gone. */
export class SkewedClock implements Clock {
  readonly #true: Clock
  readonly #skew: Millis
  #isGone = false

  constructor(trueClock: Clock, skew: Millis) {
    this.#true = trueClock
    this.#skew = skew
  }

  now(): Millis {
    return this.#true.now() + this.#skew
  }

  after(delay: Millis, run: () => void): () => void {
    if (this.#isGone) return () => undefined
    return this.#true.after(delay, () => {
      if (!this.#isGone) run()
    })
  }

  stop(): void {
    this.#isGone = true
  }
}
