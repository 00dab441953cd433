import type { Entry } from '../../log/index.ts'
import type { PeerId } from '../../network/index.ts'

export interface GossipInboxDeps {
  /** Stores these; rejects when nothing could be stored. */
  take(entries: readonly Entry[]): Promise<unknown>
  /** A round of storing begins, the first of whose entries this member brought; called back when it is over. */
  begin(from: PeerId): () => void
  isStopped(): boolean
}

/** Gossiped entries that wait to be stored, 64 MiB at the most. */
const MAX_RECEIVED = 1024
/** Between them there is time for what this device says itself. */
const MAX_TOGETHER = 64
/** A round is over when all is stored that had come when it began, whatever comes meanwhile: nobody puts its end off. */
const MAX_BATCHES = MAX_RECEIVED / MAX_TOGETHER

interface Received {
  readonly entry: Entry
  readonly from: PeerId
}

/** Collects what comes while the last batch is being stored: entries stored together share one flush to disk. */
export class GossipInbox {
  readonly #deps: GossipInboxDeps
  readonly #received: Received[] = []
  #storing = false

  constructor(deps: GossipInboxDeps) {
    this.#deps = deps
  }

  add(entry: Entry, from: PeerId): void {
    // What a flood pushes out comes by sync.
    if (this.#received.length >= MAX_RECEIVED) return
    this.#received.push({ entry, from })
    if (!this.#storing) void this.#store()
  }

  async #store(): Promise<void> {
    this.#storing = true
    for (let first = this.#next(); first !== undefined; first = this.#next()) {
      const end = this.#deps.begin(first.from)
      for (let batch = 0; batch < MAX_BATCHES && this.#next() !== undefined; batch += 1) {
        const entries = this.#received.splice(0, MAX_TOGETHER).map(({ entry }) => entry)
        // When nothing could be stored nothing is acknowledged: `take` has told the user, and members will offer it again.
        await this.#deps.take(entries).catch(() => undefined)
      }
      end()
    }
    this.#storing = false
  }

  #next(): Received | undefined {
    return this.#deps.isStopped() ? undefined : this.#received[0]
  }
}
