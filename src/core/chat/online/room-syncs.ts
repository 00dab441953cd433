import type { Clock, Millis, RandomBytes } from '../../bytes/index.ts'
import type { StoredEntry, SyncLog, SyncReport } from '../../log/index.ts'
import type { Network, PeerId } from '../../network/index.ts'
import type { Taken } from '../room/intake.ts'
import type { Room } from '../room/room.ts'
import type { ExchangeKeys } from './exchange-codec.ts'
import type { Standing } from './meeting.ts'
import type { KeeperSyncs } from './keeper-syncs.ts'
import type { MeetingKeys, MeetingSecrets } from './meeting-secrets.ts'
import type { OlderControl } from './older-control.ts'
import type { Presence } from './presence.ts'
import { roomLog } from './room-log.ts'
import { RunningSyncs } from './running-syncs.ts'
import { openSync, type SyncedRoom } from './sync-exchange.ts'
import { SyncSchedule } from './sync-schedule.ts'
import { Visitors, type Visit } from './visitors.ts'

export interface RoomSyncsDeps {
  readonly network: Network
  readonly random: RandomBytes
  readonly clock: Clock
  readonly room: Room
  readonly presence: Presence
  readonly secrets: MeetingSecrets
  readonly olderControl: OlderControl
  readonly keysFor: (peer: PeerId) => MeetingKeys
  readonly standingOf: (peer: PeerId) => Standing | undefined
  /** Judges the peer's standing again. */
  readonly judge: (peer: PeerId) => Promise<void>
  readonly take: (entries: readonly StoredEntry[]) => Promise<Taken>
  readonly takeFrom: (member: PeerId, entries: readonly StoredEntry[]) => Promise<Taken>
  /** So many of those that a member named are missing here. */
  readonly lacks: (entries: number) => void
  /** A member drives a sync, until what is returned is called. */
  readonly served: (member: PeerId) => () => void
  /** All control entries that this member has are here. */
  readonly compared: (peer: PeerId) => void
  /** Nothing is being synced any more. */
  readonly settled: () => void
}

const LEAVE_LIMIT: Millis = 10_000
/** Members synced with where it matters that one of them is there. */
const SOME = 2

/** The syncs of a room: with those present, of everything; with visitors, of what they may bring. */
export class RoomSyncs implements SyncedRoom {
  readonly #deps: RoomSyncsDeps
  readonly #schedule: SyncSchedule
  readonly #running = new RunningSyncs()
  readonly #visitors: Visitors
  /** Those whose syncs are about to be served. */
  readonly #visits = new Map<PeerId, Visit>()

  constructor(deps: RoomSyncsDeps) {
    this.#deps = deps
    const { clock, settled } = deps
    this.#schedule = new SyncSchedule({
      clock,
      sync: (peer, signal) => this.#running.run(peer, signal, each => this.#open(peer, each)),
      settled
    })
    this.#visitors = new Visitors({
      ...deps,
      running: this.#running,
      handedOver: peer => void this.#judge(peer).catch(() => undefined)
    })
  }

  get isSyncing(): boolean {
    return this.#schedule.isSyncing
  }

  /** Syncs with a peer soon, as what it is by then. */
  request(peer: PeerId): void {
    if (this.#deps.presence.get(peer) === undefined) this.#visitors.request(peer)
    else this.#schedule.request(peer)
  }

  /** As this device has something new to give to a member. */
  offer(peer: PeerId): void {
    this.#schedule.offer(peer)
  }

  /** With two, as one may not be there any more. */
  requestSome(): void {
    const { presence, random } = this.#deps
    const peers = presence.peers()
    const [pick = 0] = random(1)
    const first = pick % Math.max(1, peers.length)
    for (const peer of [...peers.slice(first), ...peers.slice(0, first)].slice(0, SOME)) this.request(peer)
  }

  /** Syncs with those present, one after the other, until one of them has what is here; whether one has. */
  async handOn(signal: AbortSignal): Promise<boolean> {
    for (const peer of this.#deps.presence.peers()) {
      // Who is busy, or goes meanwhile, is not the only one.
      const reports = await this.#running.run(peer, signal, each => this.#open(peer, each)).catch(() => [])
      if (reports.length > 0) return true
      if (signal.aborted) return false
    }
    return false
  }

  /** The same for who leaves, and can tell nobody afterwards: where no member is there, by a keeper. Waits no longer than leaving may take. */
  async handOnAtLast(keepers: KeeperSyncs | undefined): Promise<boolean> {
    const over = new AbortController()
    const cancel = this.#deps.clock.after(LEAVE_LIMIT, () => over.abort())
    try {
      return (await this.handOn(over.signal)) || (await keepers?.handOn(over.signal)) === true
    } finally {
      cancel()
    }
  }

  /** The peer is in no more: it gets nothing of what is under way. */
  end(peer: PeerId): void {
    this.#running.end(peer)
  }

  stop(): void {
    this.#schedule.stop()
    this.#visitors.stop()
  }

  exchangeKeys(): readonly MeetingKeys[] {
    return this.#deps.secrets.exchangeKeys()
  }

  syncLog(peer: PeerId, { tag }: ExchangeKeys): SyncLog | undefined {
    const { presence, secrets } = this.#deps
    if (presence.get(peer) !== undefined) return this.#schedule.isTrusted(peer) ? this.#logFor(peer) : undefined
    const secret = secrets.keysWith(tag)?.secret
    const visit = secret && this.#visitors.receive(peer, secret)
    if (visit !== undefined) this.#visits.set(peer, visit)
    return visit?.log
  }

  served(peer: PeerId, stop: () => void): () => void {
    const visit = this.#visits.get(peer)
    this.#visits.delete(peer)
    const ends = [this.#running.track(peer, stop), visit?.begin(stop) ?? this.#deps.served(peer)]
    return () => {
      for (const end of ends) end()
    }
  }

  distrust(peer: PeerId): void {
    this.#schedule.distrust(peer)
    this.#visitors.distrust(peer)
  }

  async #open(peer: PeerId, signal: AbortSignal): Promise<readonly SyncReport[]> {
    const { presence, keysFor, compared } = this.#deps
    if (presence.get(peer) === undefined) return []
    const reports = await openSync(this.#deps, { keys: keysFor(peer), log: this.#logFor(peer) }, peer, signal)
    if (reports.some(each => each.class === 'control' && each.isComplete)) compared(peer)
    return reports
  }

  #logFor(peer: PeerId): SyncLog {
    const { room, takeFrom, lacks } = this.#deps
    return roomLog(room, { take: entries => takeFrom(peer, entries), lacks, canTell: true })
  }

  /** A visitor has handed over what it had: where that lets it in, it gets at once what is here. */
  async #judge(peer: PeerId): Promise<void> {
    await this.#deps.judge(peer)
    if (this.#deps.presence.get(peer) !== undefined) this.#schedule.request(peer)
  }
}
