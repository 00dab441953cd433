import type { Millis } from '../bytes/index.ts'
import type { EntryId } from '../log/index.ts'
import type { Access } from './access/index.ts'
import { outlivedBy, type EpochGraph, type EpochId } from './epochs/index.ts'

interface View {
  readonly access: Access
  readonly graph: EpochGraph
}

/** Erases keys with the last of what they open: what somebody recorded of it is closed then to whoever takes this device. */
export class ErasingKeys {
  readonly #view: () => View | undefined
  readonly #bodyKeys: Map<EntryId, Uint8Array>

  /**
   * @param view the room as it is now; undefined before its beginning is known
   * @param bodyKeys of entries whose epochs this device may not read otherwise
   */
  constructor(view: () => View | undefined, bodyKeys: ReadonlyMap<EntryId, Uint8Array> = new Map()) {
    this.#view = view
    this.#bodyKeys = new Map(bodyKeys)
  }

  get bodyKeys(): ReadonlyMap<EntryId, Uint8Array> {
    return this.#bodyKeys
  }

  /** These entries go, and so do the keys that open them alone; whether there were any. */
  dropped(entries: readonly EntryId[]): boolean {
    return entries.filter(id => this.#bodyKeys.delete(id)).length > 0
  }

  /** Epochs whose content keys open nothing from `before` on, but what members said who were apart (`outlivedBy`). */
  outlivedBy(before: Millis): EpochId[] {
    const view = this.#view()
    return view === undefined ? [] : outlivedBy(before, view.graph, view.access)
  }

  erase(epoch: EpochId): void {
    this.#view()?.graph.eraseKey(epoch)
  }

  /** Something came that the key opens; whether that was erased, and is asked for from now on. */
  miss(epoch: EpochId): boolean {
    return this.#view()?.graph.missKey(epoch) === true
  }
}
