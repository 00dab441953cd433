import type { Network } from '../network/index.ts'
import type { RememberedPeer } from './room-records.ts'

/** Members to whom a connection is kept up, over all rooms: enough to stay found, few enough to redial. */
const MAX_KEPT = 32

/** Keeps the connections to members met, the latest first: when one is lost it is dialled again. */
export class KeptPeers {
  readonly #network: Network
  readonly #failed: (peer: string) => void
  readonly #kept = new Map<string, () => void>()

  /** @param failed is told each time that nobody answered at a peer's addresses */
  constructor(network: Network, failed: (peer: string) => void) {
    this.#network = network
    this.#failed = failed
  }

  keep({ peer, addresses }: RememberedPeer): void {
    if (addresses.length === 0) return
    this.release(peer)
    this.#kept.set(
      peer,
      this.#network.keep(addresses, () => this.#failed(peer))
    )
    const [oldest] = this.#kept
    if (this.#kept.size <= MAX_KEPT || oldest === undefined) return
    oldest[1]()
    this.#kept.delete(oldest[0])
  }

  release(peer: string): void {
    this.#kept.get(peer)?.()
    this.#kept.delete(peer)
  }

  stop(): void {
    for (const release of this.#kept.values()) release()
    this.#kept.clear()
  }
}
