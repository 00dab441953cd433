import type { Clock, Millis } from '../bytes/index.ts'

/** As long as a session of sync lasts. */
const LIMIT: Millis = 60_000

/** Keeps something from being told while there is reason to, but not for ever. */
export class Hush {
  readonly #clock: Clock
  readonly #ended: () => void
  #isOver = false
  #cancel: (() => void) | undefined

  /** @param ended called once it has lasted too long */
  constructor(clock: Clock, ended: () => void) {
    this.#clock = clock
    this.#ended = ended
  }

  /** There is reason now; whether to keep quiet because of it. */
  keeps(): boolean {
    if (this.#isOver) return false
    this.#cancel ??= this.#clock.after(LIMIT, () => {
      this.#isOver = true
      this.#ended()
    })
    return true
  }

  /** There is no reason any more. */
  end(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#isOver = false
  }
}
