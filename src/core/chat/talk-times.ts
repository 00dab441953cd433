import type { Millis } from '../bytes/index.ts'

/**
 * How long it takes until one can talk in a room: from entering it, or from the start of the program where it is a room
 * of before, to the first message that came from somebody else or that somebody else has.
 */
export class TalkTimes {
  readonly #waiting = new Map<string, Millis>()
  readonly #taken = new Map<string, Millis>()

  /** Entering a room again changes nothing. */
  entered(room: string, at: Millis): void {
    if (!this.#waiting.has(room) && !this.#taken.has(room)) this.#waiting.set(room, at)
  }

  exchanged(room: string, now: Millis): void {
    const since = this.#waiting.get(room)
    if (since === undefined) return
    this.#waiting.delete(room)
    // Clocks are set back now and then.
    this.#taken.set(room, Math.max(0, Math.round(now - since)))
  }

  left(room: string): void {
    this.#waiting.delete(room)
    this.#taken.delete(room)
  }

  /** Undefined while nothing has been exchanged. */
  of(room: string): Millis | undefined {
    return this.#taken.get(room)
  }
}
