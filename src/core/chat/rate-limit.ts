import { CappedMap, type Clock, type Millis } from '../bytes/index.ts'

/** Names that are counted at a time: more than peers are connected, or invites open. */
const MAX_COUNTED = 1024
export const SECOND: Millis = 1000
export const MINUTE: Millis = 60_000

/** Lets through so many of one name, as of one peer, in each period. */
export class RateLimit {
  readonly #clock: Clock
  readonly #limit: number
  readonly #period: Millis
  readonly #counts = new CappedMap<string, { readonly turn: number; readonly count: number }>(MAX_COUNTED)

  constructor(clock: Clock, limit: number, period: Millis) {
    this.#clock = clock
    this.#limit = limit
    this.#period = period
  }

  /** Counts one more of this name; whether it is let through. */
  lets(name: string): boolean {
    const turn = Math.floor(this.#clock.now() / this.#period)
    const before = this.#counts.get(name)
    const count = before?.turn === turn ? before.count + 1 : 1
    this.#counts.set(name, { turn, count })
    return count <= this.#limit
  }
}
