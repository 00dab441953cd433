import { CappedMap, type Clock } from '../../bytes/index.ts'
import type { PeerId } from '../../network/index.ts'

/** Peers that are counted; more than are connected at a time. */
const MAX_COUNTED_PEERS = 256

/** Lets through so many of one peer in each second. */
export class PerSecond {
  readonly #clock: Clock
  readonly #limit: number
  readonly #counts = new CappedMap<PeerId, { readonly second: number; readonly count: number }>(MAX_COUNTED_PEERS)

  constructor(clock: Clock, limit: number) {
    this.#clock = clock
    this.#limit = limit
  }

  /** Counts one more of this peer; whether it is let through. */
  lets(peer: PeerId): boolean {
    const second = Math.floor(this.#clock.now() / 1000)
    const before = this.#counts.get(peer)
    const count = before?.second === second ? before.count + 1 : 1
    this.#counts.set(peer, { second, count })
    return count <= this.#limit
  }
}
