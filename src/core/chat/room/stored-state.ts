import type { Millis } from '../../bytes/index.ts'
import type { StoreChange } from '../../log/index.ts'
import type { RoomDeps } from './room-deps.ts'
import { historyChanges, joinedRecord, loadRoomState, type RoomState } from './room-state.ts'

/** What is derived from a room's entries, in memory as in the store: when a change fails, memory goes back to the store. */
export class StoredState {
  readonly #deps: RoomDeps
  #current: RoomState
  /** Entries below this time are not kept here. */
  floor: Millis = 0
  /** Whether the store knows since when this device is in the room. */
  #isJoinStored = false
  /** Whether memory holds what a change did that failed. */
  #isAstray = false

  private constructor(deps: RoomDeps, current: RoomState) {
    this.#deps = deps
    this.#current = current
  }

  static async load(deps: RoomDeps): Promise<StoredState> {
    return new StoredState(deps, await loadRoomState(deps))
  }

  get current(): RoomState {
    return this.#current
  }

  async commit(change: StoreChange): Promise<void> {
    const joined = this.#isJoinStored ? [] : [joinedRecord(this.#current)]
    const { history } = this.#current
    const records = [...(change.records ?? []), ...historyChanges(this.#current.storedHistory, history), ...joined]
    await this.#deps.store.commit({ ...change, records })
    this.#isJoinStored = true
    this.#current.storedHistory = history
  }

  /**
   * Runs a change on memory that says what is stored. One that fails, at whatever it read or wrote, leaves memory astray
   * until the store could be read again; before that nothing else is done, or told.
   *
   * @param expectAllowed throws where it is not to be: then memory is as it was
   */
  async run<T>(change: () => Promise<T>, expectAllowed?: () => void): Promise<T> {
    await this.#recover()
    expectAllowed?.()
    try {
      return await change()
    } catch (thrown) {
      this.#isAstray = true
      await this.#recover().catch(() => undefined)
      throw thrown
    }
  }

  async #recover(): Promise<void> {
    if (!this.#isAstray) return
    this.#current = await loadRoomState(this.#deps)
    this.#isAstray = false
  }
}
