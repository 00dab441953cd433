import type { Millis } from '../bytes/index.ts'
import type { Access } from './access/index.ts'
import { outlivedBy, type EpochGraph, type EpochId } from './epochs/index.ts'

interface View {
  readonly access: Access
  readonly graph: EpochGraph
}

/** Erases content keys with the last of what they open: what somebody recorded of it is closed then to whoever takes this device. */
export class ErasingKeys {
  readonly #view: () => View | undefined

  /** @param view the room as it is now; undefined before its beginning is known */
  constructor(view: () => View | undefined) {
    this.#view = view
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
