import type { PeerId } from '../../network/index.ts'

/** The syncs under way with each peer, whoever opened them: so that they can be ended when the peer is to have no more. */
export class RunningSyncs {
  /** Bounded by streams. */
  readonly #stops = new Map<PeerId, Set<() => void>>()

  /** A sync runs that `stop` ends, until what is returned is called. */
  track(peer: PeerId, stop: () => void): () => void {
    const stops = this.#stops.get(peer) ?? new Set()
    this.#stops.set(peer, stops.add(stop))
    return () => {
      stops.delete(stop)
      if (stops.size === 0 && this.#stops.get(peer) === stops) this.#stops.delete(peer)
    }
  }

  /** Runs a task with a signal that is given when it is to end. */
  async run<T>(peer: PeerId, signal: AbortSignal, task: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const ended = new AbortController()
    const untrack = this.track(peer, () => ended.abort())
    try {
      return await task(AbortSignal.any([signal, ended.signal]))
    } finally {
      untrack()
    }
  }

  end(peer: PeerId): void {
    for (const stop of [...(this.#stops.get(peer) ?? [])]) stop()
  }
}
