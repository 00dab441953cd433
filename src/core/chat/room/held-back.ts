import type { Millis } from '../../bytes/index.ts'
import { compareHybridTimes, isAhead, MAX_CLOCK_AHEAD, type EntryId } from '../../log/index.ts'
import type { GenuineEntry } from './judge-entry.ts'

/** Entries held back in all, 16 MiB at the most: those of a few people whose clocks are wrong. */
const MAX_HELD_BACK = 256
/** What one device says while its clock is wrong; more of it must not push out what others say. */
const MAX_OF_ONE_DEVICE = 16

/**
 * Entries whose clock is too far ahead: they wait here whole until it no longer is, and nothing follows from them before.
 * In memory alone, as members who hold them name them again after a restart. When there are too many, those that would
 * wait longest go first.
 */
export class HeldBack {
  readonly #entries = new Map<EntryId, GenuineEntry>()

  has(id: EntryId): boolean {
    return this.#entries.has(id)
  }

  all(): GenuineEntry[] {
    return [...this.#entries.values()]
  }

  hold(genuine: GenuineEntry): void {
    this.#entries.set(genuine.entry.id, genuine)
    const ofDevice = this.#soonestFirst().filter(({ body }) => body.device === genuine.body.device)
    this.#forget(ofDevice.slice(MAX_OF_ONE_DEVICE))
    this.#forget(this.#soonestFirst().slice(MAX_HELD_BACK))
  }

  /** Those whose time has come, which wait no longer. */
  takeDue(now: Millis): GenuineEntry[] {
    const due = this.#soonestFirst().filter(({ entry }) => !isAhead(entry.header.clock, now))
    this.#forget(due)
    return due
  }

  /** When the next of them will have waited long enough. */
  nextDue(): Millis | undefined {
    const [next] = this.#soonestFirst()
    return next && next.entry.header.clock.ms - MAX_CLOCK_AHEAD
  }

  #soonestFirst(): GenuineEntry[] {
    return [...this.#entries.values()].sort((a, b) => compareHybridTimes(a.entry.header.clock, b.entry.header.clock))
  }

  #forget(held: readonly GenuineEntry[]): void {
    for (const { entry } of held) this.#entries.delete(entry.id)
  }
}
