import type { Millis } from '../../bytes/index.ts'
import type { StoreChange } from '../../log/index.ts'
import type { RoomDeps } from './room-deps.ts'
import { historyChanges, joinedRecord, loadRoomState, type RoomState } from './room-state.ts'

/** What is derived from a room's entries, in memory as in the store: when a write fails, memory goes back to the store. */
export class StoredState {
  readonly #deps: RoomDeps
  #current: RoomState
  /** Entries below this time are not kept here. */
  floor: Millis = 0
  /** Whether the store knows since when this device is in the room. */
  #isJoinStored = false

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
    try {
      await this.#deps.store.commit({ ...change, records })
      this.#isJoinStored = true
      this.#current.storedHistory = history
    } catch (thrown) {
      this.#current = await loadRoomState(this.#deps)
      throw thrown
    }
  }
}
