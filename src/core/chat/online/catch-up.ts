import type { Clock, Millis } from '../../bytes/index.ts'
import type { EntryId, StoredEntry } from '../../log/index.ts'
import type { PeerId } from '../../network/index.ts'
import { MAX_FETCH_CONTEXT, MAX_FETCH_IDS } from './exchange-codec.ts'
import type { Room } from '../room/room.ts'

export interface CatchUpDeps {
  readonly room: Room
  readonly clock: Clock
  /** Asks a member for entries: those named, and some from just below them. */
  fetch(from: PeerId, ids: readonly EntryId[], context: number): Promise<StoredEntry[]>
  /** Takes in what came; the number of entries that were new. */
  take(entries: readonly StoredEntry[]): Promise<number>
  /** Members that can be asked. */
  members(): PeerId[]
  /** Nobody is being asked any more. */
  rests(): void
}

/** Waits before a gap is asked about again, the last of them until it is given up. */
const RETRY_DELAYS: readonly Millis[] = [500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000]
/** Questions to one member before the others that wait are asked; each is answered by up to 192 entries. */
const MAX_ROUNDS = 32
/** Peers whose heads wait to be asked for. */
const MAX_PENDING_PEERS = 64
/** Members asked at a time: where one is slow, others are asked meanwhile. */
const MAX_ASKED = 3

/**
 * Fetches what this device lacks: the heads that a member named, then whatever those cite, newest first, from a few
 * members at a time. What nobody connected has is asked for again with growing delays, then only of whoever comes.
 */
export class CatchUp {
  readonly #deps: CatchUpDeps
  readonly #pending = new Map<PeerId, readonly EntryId[]>()
  readonly #asking = new Set<PeerId>()
  #stopped = false
  #attempt = 0
  #cancelRetry: (() => void) | undefined

  constructor(deps: CatchUpDeps) {
    this.#deps = deps
  }

  get isRunning(): boolean {
    return this.#asking.size > 0
  }

  /** Asks this member for these entries, and for all that then turns out to be missing. */
  request(peer: PeerId, ids: readonly EntryId[]): void {
    if (this.#stopped || (this.#pending.size >= MAX_PENDING_PEERS && !this.#pending.has(peer))) return
    this.#pending.set(peer, ids)
    this.#startNext()
  }

  stop(): void {
    this.#stopped = true
    this.#cancelRetry?.()
    this.#pending.clear()
  }

  #startNext(): void {
    for (let next = this.#next(); next !== undefined; next = this.#next()) void this.#run(...next)
  }

  async #run(peer: PeerId, ids: readonly EntryId[]): Promise<void> {
    this.#asking.add(peer)
    // Others are asked when this one is slow.
    void this.#scheduleRetry().catch(() => undefined)
    // A member that cannot be asked now leaves a gap, which is asked for again.
    await this.#ask(peer, ids).catch(() => undefined)
    this.#asking.delete(peer)
    this.#startNext()
    if (this.isRunning) return
    this.#deps.rests()
    // A store that cannot be read or written has been told of already.
    await this.#scheduleRetry().catch(() => undefined)
  }

  #next(): [PeerId, readonly EntryId[]] | undefined {
    if (this.#asking.size >= MAX_ASKED) return undefined
    const next = [...this.#pending].find(([peer]) => !this.#asking.has(peer))
    if (next !== undefined) this.#pending.delete(next[0])
    return next
  }

  /** Each id is asked for once, until something new was stored: what only waits for its author still leads further. */
  async #ask(peer: PeerId, ids: readonly EntryId[]): Promise<void> {
    const { room, fetch, take } = this.#deps
    // Who names heads has just come, and may hold what nobody else did.
    const unheld = ids.length > 0 ? 'with unheld' : 'without'
    const asked = new Set<EntryId>()
    for (let round = 0; !this.#stopped; round += 1) {
      const missing = [...(await room.lacking(ids)), ...(await room.wanted(MAX_FETCH_IDS + asked.size, unheld))]
      const wanted = [...new Set(missing)].filter(id => !asked.has(id)).slice(0, MAX_FETCH_IDS)
      if (wanted.length === 0) return
      // Whoever always has one more must not keep the others from being asked.
      if (round >= MAX_ROUNDS) return void this.#pending.set(peer, ids)
      for (const id of wanted) asked.add(id)
      const news = await take(await fetch(peer, wanted, MAX_FETCH_CONTEXT))
      if (news > 0) this.#attempt = 0
    }
  }

  /** A retry that is due stays due: members who greet in between must not put it off for ever. */
  async #scheduleRetry(): Promise<void> {
    const { room, clock } = this.#deps
    const wanted = await room.wanted(MAX_FETCH_IDS)
    if (wanted.length === 0) this.#attempt = 0
    if (wanted.length === 0 || this.#cancelRetry !== undefined || this.#stopped) return
    const delay = RETRY_DELAYS[this.#attempt]
    if (delay === undefined) return this.#giveUp(wanted)
    this.#cancelRetry = clock.after(delay, () => {
      this.#cancelRetry = undefined
      this.#retry()
    })
  }

  #retry(): void {
    const peers = this.#deps.members()
    const peer = peers[this.#attempt % peers.length]
    if (peer === undefined) return void this.#scheduleRetry().catch(() => undefined)
    this.#attempt += 1
    this.request(peer, [])
  }

  async #giveUp(ids: readonly EntryId[]): Promise<void> {
    const { room, take } = this.#deps
    this.#attempt = 0
    await room.giveUp(ids)
    await take([])
  }
}
