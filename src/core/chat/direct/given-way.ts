import { CappedMap } from '../../bytes/index.ts'

/** Of rooms and messages together. */
const MAX_REMEMBERED = 4096

/**
 * Conversations that gave way to another with the same member, and messages that were said again there: whoever still has the id of one is led on,
 * for as long as the program runs.
 */
export class GivenWay {
  readonly #now = new CappedMap<string, string>(MAX_REMEMBERED)

  note(before: string, now: string): void {
    this.#now.set(before, now)
  }

  /** What it goes by now: it may have given way more than once. */
  latest(id: string): string {
    const now = this.#now.get(id)
    return now === undefined ? id : this.latest(now)
  }
}
