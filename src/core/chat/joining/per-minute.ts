import { CappedMap, type Clock } from '../../bytes/index.ts'

/** Those that are counted at a time: more than peers are connected, or invites open. */
const MAX_COUNTED = 1024

/** Lets through so many of one kind in each minute. */
export class PerMinute {
  readonly #clock: Clock
  readonly #limit: number
  readonly #counts = new CappedMap<string, { readonly minute: number; readonly count: number }>(MAX_COUNTED)

  constructor(clock: Clock, limit: number) {
    this.#clock = clock
    this.#limit = limit
  }

  /** Counts one more of these; whether it is let through. */
  lets(name: string): boolean {
    const minute = Math.floor(this.#clock.now() / 60_000)
    const before = this.#counts.get(name)
    const count = before?.minute === minute ? before.count + 1 : 1
    this.#counts.set(name, { minute, count })
    return count <= this.#limit
  }
}
