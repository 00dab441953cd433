import { equalBytes, every, type Clock, type Millis, type RandomBytes } from '../../bytes/index.ts'
import { LOWEST, type StoredEntry, type SyncLog } from '../../log/index.ts'
import type { Network, PeerId } from '../../network/index.ts'
import type { Taken } from '../room/intake.ts'
import type { Room } from '../room/room.ts'
import type { SequenceRanges } from '../room/sequence-ranges.ts'
import { DayKeys, timesOf } from './day-keys.ts'
import type { ExchangeKeys } from './exchange-codec.ts'
import type { OlderControl } from './older-control.ts'
import { roomLog } from './room-log.ts'
import { openSync, type SyncedRoom } from './sync-exchange.ts'
import { SyncSchedule } from './sync-schedule.ts'

export interface KeeperSyncsDeps {
  readonly network: Network
  readonly clock: Clock
  readonly random: RandomBytes
  readonly room: Room
  readonly ownTime: () => Millis
  readonly olderControl: OlderControl
  readonly take: (entries: readonly StoredEntry[]) => Promise<Taken>
  readonly lacks: (entries: number) => void
  /** This keeper has these own entries. */
  readonly kept: (keeper: string, held: SequenceRanges) => void
  /** Which keepers there are, and which have space, has changed. */
  readonly changed: () => void
}

/** Own entries that become durable within this time go to a keeper in one session. */
const BATCH_DELAY: Millis = 300
/** As many as secrets that still count. */
const MAX_FORMER = 3
/** A keeper hears of nothing by gossip: what others left there is looked for as often. */
const PERIOD: Millis = 60_000

/** Undefined for a room without a tag. */
export function openKeeperSyncs(deps: KeeperSyncsDeps): KeeperSyncs | undefined {
  const tag = deps.room.keys.keeperTag
  return tag && new KeeperSyncs(deps, tag)
}

/** Syncs with the keepers that know the room by its tag alone: when they are met, after own entries, and now and then. */
export class KeeperSyncs implements SyncedRoom {
  readonly #deps: KeeperSyncsDeps
  #tag: Uint8Array
  #keys: DayKeys
  /** Under the tags before, the newest first: for what tells of the one of now. */
  #former: DayKeys[] = []
  readonly #syncs: SyncSchedule
  /** Bounded by connections, as is the next. */
  readonly #keepers = new Map<PeerId, { readonly isFull: boolean }>()
  /** Former tags under which a keeper is still to be told. */
  readonly #owed = new Map<PeerId, readonly DayKeys[]>()
  readonly #ends: (() => void)[]
  #cancelBatch: (() => void) | undefined

  constructor(deps: KeeperSyncsDeps, tag: Uint8Array) {
    this.#deps = deps
    const { network, clock } = deps
    this.#tag = tag
    this.#keys = new DayKeys(tag, timesOf(deps))
    this.#syncs = new SyncSchedule({
      clock,
      sync: (peer, signal) => this.#sync(peer, signal),
      settled: () => undefined
    })
    this.#ends = [
      every(clock, PERIOD, () => this.#syncAll()),
      network.listen(event => {
        if (event.kind === 'peer' && event.connection.path === 'none') this.#left(event.connection.peer)
        if (event.kind === 'woke') this.#syncAll()
      })
    ]
  }

  /** Keepers that are connected, and those of them that have space. */
  all(): PeerId[] {
    return [...this.#keepers.keys()]
  }

  withSpace(): PeerId[] {
    return [...this.#keepers].flatMap(([peer, { isFull }]) => (isFull ? [] : [peer]))
  }

  /** A peer was asked to keep the room by this tag, and said so. One that is full hands out what it has. */
  answered(peer: PeerId, isFull: boolean, tag: Uint8Array): void {
    if (!equalBytes(tag, this.#tag)) return
    if (!this.#keepers.has(peer) && !this.#owed.has(peer)) this.#owed.set(peer, this.#former)
    this.#keepers.set(peer, { isFull })
    this.#deps.changed()
    this.#syncs.request(peer)
  }

  /**
   * Keepers have to be asked anew when the tag has changed. Those who know the one before alone find there, before that, the control
   * entries by which they come to know the one of now; so whatever they left there they bring along themselves.
   */
  tagChanged(): void {
    const tag = this.#deps.room.keys.keeperTag
    if (tag === undefined || equalBytes(tag, this.#tag)) return
    const [before, keepers] = [this.#keys, [...this.#keepers.keys()]]
    this.#former = [before, ...this.#former].slice(0, MAX_FORMER)
    for (const peer of keepers) this.#owed.set(peer, [before, ...this.#owedTo(peer)].slice(0, MAX_FORMER))
    this.#tag = tag
    this.#keys = new DayKeys(tag, timesOf(this.#deps))
    this.#keepers.clear()
    if (keepers.length > 0) this.#deps.changed()
    for (const peer of keepers) this.#syncs.request(peer)
  }

  /** Own entries are durable that no keeper has yet. */
  offer(): void {
    this.#cancelBatch ??= this.#deps.clock.after(BATCH_DELAY, () => {
      this.#cancelBatch = undefined
      for (const peer of this.#keepers.keys()) this.#syncs.offer(peer)
    })
  }

  /** Gives one of them what is here, now; whether one has it. */
  async handOn(signal: AbortSignal): Promise<boolean> {
    for (const peer of this.#keepers.keys()) {
      const reports = await this.#sync(peer, signal).catch(() => [])
      if (reports.some(({ isComplete }) => isComplete)) return true
    }
    return false
  }

  stop(): void {
    this.#cancelBatch?.()
    for (const end of this.#ends) end()
    this.#syncs.stop()
  }

  exchangeKeys(): readonly ExchangeKeys[] {
    return this.#keys.now()
  }

  syncLog(): SyncLog {
    const { room, take, lacks } = this.#deps
    return roomLog(room, { take, lacks, canTell: false })
  }

  distrust(peer: PeerId): void {
    this.#syncs.distrust(peer)
  }

  served(): () => void {
    return () => undefined
  }

  async #sync(peer: PeerId, signal: AbortSignal) {
    for (const keys of this.#owedTo(peer)) await this.#tell(peer, keys, signal)
    this.#owed.set(peer, [])
    const { room, kept } = this.#deps
    const [keys] = this.exchangeKeys()
    if (keys === undefined || !this.#keepers.has(peer)) return []
    const last = room.ownDevice?.last?.sequence ?? 0
    const reports = await openSync(this.#deps, { keys, log: this.syncLog() }, peer, signal)
    // Whatever was here when it began is there when it is complete: the other side ends when that is durable.
    const isComplete = reports.length > 0 && reports.every(each => each.isComplete)
    if (isComplete && last > 0) kept(peer, [{ from: 1, to: last }])
    return reports
  }

  #owedTo(peer: PeerId): readonly DayKeys[] {
    return this.#owed.get(peer) ?? []
  }

  /** Leaves under a former tag what those can open who know no newer one: whoever was removed does, too. */
  async #tell(peer: PeerId, former: DayKeys, signal: AbortSignal): Promise<void> {
    const { room, olderControl } = this.#deps
    const [keys] = former.now()
    if (keys === undefined) return
    const set = await olderControl.knownAt(1)
    const log: SyncLog = {
      ...this.syncLog(),
      classes: [{ class: 'control', set, from: LOWEST }],
      load: ids => room.load(ids.filter(id => set.has(id)))
    }
    // One that was never given this tag has nobody to tell.
    await openSync(this.#deps, { keys, log }, peer, signal).catch(() => undefined)
  }

  #syncAll(): void {
    for (const peer of this.#keepers.keys()) this.#syncs.request(peer)
  }

  #left(peer: PeerId): void {
    this.#owed.delete(peer)
    if (this.#keepers.delete(peer)) this.#deps.changed()
  }
}
