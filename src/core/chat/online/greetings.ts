import type { Clock, Millis } from '../../bytes/index.ts'
import type { PeerId } from '../../network/index.ts'

export interface GreetingsDeps {
  readonly clock: Clock
  /** Says hello; rejects when no hello that counts came back. */
  sayHello(peer: PeerId): Promise<void>
  /** Whether the peer is still where it was seen. */
  isThere(peer: PeerId): boolean
}

/** Waits between attempts to greet a peer that is in the topic. */
const GREET_DELAYS: readonly Millis[] = [250, 1000, 2000, 4000, 8000, 15_000, 30_000]

/** Greets peers: each once at a time, and again with growing delays while it is there and does not answer. */
export class Greetings {
  readonly #deps: GreetingsDeps
  readonly #greeting = new Set<PeerId>()
  /** Peers to greet once more, right after the greeting that is under way. */
  readonly #once = new Set<PeerId>()
  readonly #later = new Map<PeerId, () => void>()
  #isStopped = false

  constructor(deps: GreetingsDeps) {
    this.#deps = deps
  }

  greet(peer: PeerId): void {
    this.#greet(peer, 0)
  }

  stop(): void {
    this.#isStopped = true
    for (const cancel of this.#later.values()) cancel()
    this.#later.clear()
  }

  #greet(peer: PeerId, attempt: number): void {
    if (this.#isStopped) return
    // What is said now may be older than what there is to say.
    if (this.#greeting.has(peer)) return void this.#once.add(peer)
    this.#greeting.add(peer)
    this.#once.delete(peer)
    this.#later.get(peer)?.()
    this.#later.delete(peer)
    this.#deps
      .sayHello(peer)
      .catch(() => this.#greetAgain(peer, attempt))
      .finally(() => {
        this.#greeting.delete(peer)
        if (this.#once.delete(peer)) this.#greet(peer, 0)
      })
  }

  #greetAgain(peer: PeerId, attempt: number): void {
    if (this.#isStopped) return
    const delay = GREET_DELAYS[Math.min(attempt, GREET_DELAYS.length - 1)] ?? 0
    const cancel = this.#deps.clock.after(delay, () => {
      this.#later.delete(peer)
      if (this.#deps.isThere(peer)) this.#greet(peer, attempt + 1)
    })
    this.#later.set(peer, cancel)
  }
}
