import { CappedMap, type Clock, type Millis } from '../../bytes/index.ts'
import type { PeerId } from '../../network/index.ts'

interface Used {
  readonly sessions: number
  /** Ids that were looked for, as the visitor named them. */
  readonly named: number
  /** Brought by the visitor. */
  readonly entries: number
  readonly bytes: number
  /** Bytes given to it. */
  readonly given: number
}

const NOTHING: Used = { sessions: 0, named: 0, entries: 0, bytes: 0, given: 0 }
const MEBIBYTE = 1024 * 1024
const PERIOD: Millis = 3_600_000
/**
 * What one visitor may do in an hour: it greets four times a minute, and where a part of the room was alone for weeks, its newcomers bring
 * a few hundred control entries.
 */
const LIMITS_OF_ONE: Used = { sessions: 240, named: 131_072, entries: 1024, bytes: 4 * MEBIBYTE, given: 16 * MEBIBYTE }
/** And all together: devices and PeerIds cost nothing to make. */
const LIMITS_OF_ALL: Used = {
  sessions: 1920,
  named: 1_048_576,
  entries: 4096,
  bytes: 16 * MEBIBYTE,
  given: 64 * MEBIBYTE
}
/** Sessions of visitors at a time, each of another one: fewer than a peer has streams for, so that members find some free. */
const MAX_RUNNING = 2
/** Visitors counted apart; those beyond share what all may do. */
const MAX_COUNTED = 256

/** How much of this device's time and space visitors may take up. */
export class VisitorQuota {
  readonly #clock: Clock
  readonly #running = new Set<PeerId>()
  #period = 0
  #all = NOTHING
  #byPeer = new CappedMap<PeerId, Used>(MAX_COUNTED)

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Begins a session; false when there may be none now. */
  begin(peer: PeerId): boolean {
    this.#turn()
    const isFree = this.#running.size < MAX_RUNNING && !this.#running.has(peer)
    const isSpent =
      this.#usedBy(peer).sessions >= LIMITS_OF_ONE.sessions || this.#all.sessions >= LIMITS_OF_ALL.sessions
    if (!isFree || isSpent) return false
    this.#running.add(peer)
    this.#use(peer, { ...NOTHING, sessions: 1 })
    return true
  }

  end(peer: PeerId): void {
    this.#running.delete(peer)
  }

  /** How many entries more this visitor may bring. */
  entriesLeft(peer: PeerId): number {
    this.#turn()
    const used = this.#usedBy(peer)
    if (isFull(used, LIMITS_OF_ONE) || isFull(this.#all, LIMITS_OF_ALL)) return 0
    return Math.min(LIMITS_OF_ONE.entries - used.entries, LIMITS_OF_ALL.entries - this.#all.entries)
  }

  /** Counts ids that are to be looked for. */
  names(peer: PeerId, ids: number): void {
    this.#use(peer, { ...NOTHING, named: ids })
  }

  /** Counts what a visitor has brought; false when that is too much, and then it counts as well. */
  brought(peer: PeerId, entries: number, bytes: number): boolean {
    return this.#use(peer, { ...NOTHING, entries, bytes })
  }

  mayGive(peer: PeerId): boolean {
    this.#turn()
    return this.#usedBy(peer).given < LIMITS_OF_ONE.given && this.#all.given < LIMITS_OF_ALL.given
  }

  /** Counts what a visitor is to be given; false when that is too much. */
  gives(peer: PeerId, bytes: number): boolean {
    return this.#use(peer, { ...NOTHING, given: bytes })
  }

  #use(peer: PeerId, more: Used): boolean {
    this.#turn()
    const [ofOne, ofAll] = [sum(this.#usedBy(peer), more), sum(this.#all, more)]
    this.#byPeer.set(peer, ofOne)
    this.#all = ofAll
    return isWithin(ofOne, LIMITS_OF_ONE) && isWithin(ofAll, LIMITS_OF_ALL)
  }

  #usedBy(peer: PeerId): Used {
    return this.#byPeer.get(peer) ?? NOTHING
  }

  #turn(): void {
    const period = Math.floor(this.#clock.now() / PERIOD)
    if (period === this.#period) return
    this.#period = period
    this.#all = NOTHING
    this.#byPeer.clear()
  }
}

function sum(a: Used, b: Used): Used {
  return {
    sessions: a.sessions + b.sessions,
    named: a.named + b.named,
    entries: a.entries + b.entries,
    bytes: a.bytes + b.bytes,
    given: a.given + b.given
  }
}

/** Whether nothing more is to be looked for, or taken. */
function isFull({ named, entries, bytes }: Used, limits: Used): boolean {
  return named >= limits.named || entries >= limits.entries || bytes >= limits.bytes
}

function isWithin(used: Used, limits: Used): boolean {
  return used.entries <= limits.entries && used.bytes <= limits.bytes && used.given <= limits.given
}
