import type { Clock, Millis } from '../../bytes/index.ts'
import type { DeviceId } from '../../identity/index.ts'
import type { EntryId } from '../../log/index.ts'
import { giveUpMissing } from './history.ts'
import type { StoredState } from './stored-state.ts'

/** Members present are asked for what is missing many times within this; then it is nobody's whom we can ask. */
const GAP_PATIENCE: Millis = 150_000

/**
 * What others cite and is not here. An id that stays missing, while somebody is there to be asked, is given up in time,
 * whatever else arrives: nobody keeps a gap open by going on talking.
 */
export class Gaps {
  readonly #clock: Clock
  readonly #stored: StoredState
  readonly #isHeldBack: (id: EntryId) => boolean
  /** Since when each has been missing, in the order in which they were first missed. */
  #since = new Map<EntryId, Millis>()
  #givenUp: EntryId[] = []

  /** @param clock this device's own: whoever corrects a room's must not end the waiting */
  constructor(clock: Clock, stored: StoredState, isHeldBack: (id: EntryId) => boolean) {
    this.#clock = clock
    this.#stored = stored
    this.#isHeldBack = isHeldBack
  }

  /** Missing entries; one that is here and held back is not missing. */
  missing(): EntryId[] {
    return [...this.#stored.current.history.missing.keys()].filter(id => !this.#isHeldBack(id))
  }

  /** Notes what is missing, while somebody is `present` to be asked; waiting begins anew when somebody comes. */
  watch(present: boolean): void {
    const now = this.#clock.now()
    const missing = present ? this.missing() : []
    this.#since = new Map(missing.map(id => [id, this.#since.get(id) ?? now]))
  }

  /** What was missing for too long. */
  overdue(): EntryId[] {
    const now = this.#clock.now()
    return [...this.#since].flatMap(([id, since]) => (now - since >= GAP_PATIENCE ? [id] : []))
  }

  /** In how long the next will have been missing for too long. */
  overdueIn(): Millis | undefined {
    const oldest = this.#since.values().next().value
    return oldest === undefined ? undefined : oldest + GAP_PATIENCE - this.#clock.now()
  }

  /** Waits no longer for these: nobody present holds them. */
  async giveUp(ids: readonly EntryId[]): Promise<void> {
    const state = this.#stored.current
    const given = ids.filter(id => state.history.missing.has(id))
    if (given.length === 0) return
    state.history = giveUpMissing(state.history, given, author => state.book.bytesOf(author))
    await this.#stored.commit({})
    this.#givenUp.push(...given)
  }

  /** How many entries that nobody holds each device cited, of those given up since this was asked last. */
  takeUnheld(): ReadonlyMap<DeviceId, number> {
    const { unheld } = this.#stored.current.history
    const devices = this.#givenUp.flatMap(id => unheld.get(id) ?? [])
    this.#givenUp = []
    return new Map([...Map.groupBy(devices, device => device)].map(([device, cited]) => [device, cited.length]))
  }
}
