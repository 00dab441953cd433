import { CappedMap, type Clock, type Millis } from '../../bytes/index.ts'
import { SyncFaultError, type SyncReport } from '../../log/index.ts'
import type { PeerId } from '../../network/index.ts'

export interface SyncScheduleDeps {
  readonly clock: Clock
  sync(peer: PeerId, signal: AbortSignal): Promise<readonly SyncReport[]>
  /** Nothing is being synced any more. */
  settled(): void
}

/** Sessions that this side drives at a time: another member goes on where one is slow. */
const MAX_SESSIONS = 2
/** Members that wait; those beyond come when one at random is picked. */
const MAX_WAITING = 64
/** A member that broke the protocol is left alone for this long. */
const FAULT_PAUSE: Millis = 10 * 60_000
/** Members from whom nothing of use came are left alone for this long, then for twice as long, and so on. */
const FIRST_PAUSE: Millis = 60_000
const LAST_PAUSE: Millis = 3_600_000
const MAX_PAUSED = 256
/** Less of no use is no reason: an honest member, too, may have a few headers for which nobody can account here. */
const WORTH_PAUSING = 64 * 1024
/** When so many entries moved and more are left, the next session follows at once. */
const WORTH_GOING_ON = 64

interface Pause {
  readonly until: Millis
  readonly length: Millis
}

/** Whom this device syncs with next: each member asked for once, a few at a time, and again while there is more to get. */
export class SyncSchedule {
  readonly #deps: SyncScheduleDeps
  readonly #waiting = new Set<PeerId>()
  readonly #running = new Set<PeerId>()
  readonly #faulty = new CappedMap<PeerId, Millis>(MAX_PAUSED)
  readonly #fruitless = new CappedMap<PeerId, Pause>(MAX_PAUSED)
  readonly #abort = new AbortController()

  constructor(deps: SyncScheduleDeps) {
    this.#deps = deps
  }

  get isSyncing(): boolean {
    return this.#running.size > 0
  }

  /** Syncs with this member soon, unless nothing of use came from it; when that is under way already, once more after it. */
  request(peer: PeerId): void {
    if (!this.#isPaused(peer)) this.offer(peer)
  }

  /** The same, as this device has something new to give: that must not wait, whatever came from there. */
  offer(peer: PeerId): void {
    if (this.#abort.signal.aborted || !this.isTrusted(peer)) return
    if (this.#waiting.size < MAX_WAITING) this.#waiting.add(peer)
    this.#startNext()
  }

  isTrusted(peer: PeerId): boolean {
    return (this.#faulty.get(peer) ?? 0) <= this.#deps.clock.now()
  }

  /** The member broke the protocol. */
  distrust(peer: PeerId): void {
    this.#faulty.set(peer, this.#deps.clock.now() + FAULT_PAUSE)
    this.#waiting.delete(peer)
  }

  #isPaused(peer: PeerId): boolean {
    return (this.#fruitless.get(peer)?.until ?? 0) > this.#deps.clock.now()
  }

  #pause(peer: PeerId): void {
    const before = this.#fruitless.get(peer)?.length
    const length = before === undefined ? FIRST_PAUSE : Math.min(before * 2, LAST_PAUSE)
    this.#fruitless.set(peer, { until: this.#deps.clock.now() + length, length })
  }

  stop(): void {
    this.#abort.abort()
    this.#waiting.clear()
  }

  #startNext(): void {
    for (const peer of this.#waiting) {
      if (this.#running.size >= MAX_SESSIONS) return
      if (this.#running.has(peer)) continue
      this.#waiting.delete(peer)
      void this.#run(peer)
    }
  }

  async #run(peer: PeerId): Promise<void> {
    this.#running.add(peer)
    try {
      const reports = await this.#deps.sync(peer, this.#abort.signal)
      const moved = reports.reduce((sum, { stored, sent }) => sum + stored + sent, 0)
      const isLeft = reports.some(({ isComplete }) => !isComplete)
      if (isLeft && moved >= WORTH_GOING_ON && this.#waiting.size < MAX_WAITING) this.#waiting.add(peer)
      const uselessBytes = moved > 0 ? 0 : reports.reduce((sum, { receivedBytes }) => sum + receivedBytes, 0)
      if (uselessBytes > WORTH_PAUSING) this.#pause(peer)
      else this.#fruitless.delete(peer)
    } catch (thrown) {
      // Who is gone, or busy, is asked again at another time.
      if (thrown instanceof SyncFaultError) this.distrust(peer)
    }
    this.#running.delete(peer)
    if (this.#abort.signal.aborted) return
    this.#startNext()
    if (!this.isSyncing) this.#deps.settled()
  }
}
