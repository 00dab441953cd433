import type { Clock, Millis, RandomBytes } from '../../bytes/index.ts'
import { every } from '../../bytes/index.ts'
import type { StoredEntry, SyncLog } from '../../log/index.ts'
import type { Network, PeerId } from '../../network/index.ts'
import type { Taken } from '../room/intake.ts'
import type { Room } from '../room/room.ts'
import type { SequenceRanges } from '../room/sequence-ranges.ts'
import { DayKeys, timesOf } from './day-keys.ts'
import type { ExchangeKeys } from './exchange-codec.ts'
import { roomLog } from './room-log.ts'
import { openSync, type SyncedRoom } from './sync-exchange.ts'
import { SyncSchedule } from './sync-schedule.ts'

export interface KeeperSyncsDeps {
  readonly network: Network
  readonly clock: Clock
  readonly random: RandomBytes
  readonly room: Room
  readonly ownTime: () => Millis
  readonly take: (entries: readonly StoredEntry[]) => Promise<Taken>
  readonly lacks: (entries: number) => void
  /** This keeper has these own entries. */
  readonly kept: (keeper: string, held: SequenceRanges) => void
  /** Which keepers there are, and which have space, has changed. */
  readonly changed: () => void
}

/** Own entries that become durable within this time go to a keeper in one session. */
const BATCH_DELAY: Millis = 300
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
  readonly #keys: DayKeys
  readonly #syncs: SyncSchedule
  /** Bounded by connections. */
  readonly #keepers = new Map<PeerId, { readonly isFull: boolean }>()
  readonly #ends: (() => void)[]
  #cancelBatch: (() => void) | undefined

  constructor(deps: KeeperSyncsDeps, tag: Uint8Array) {
    this.#deps = deps
    const { network, clock } = deps
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

  /** A peer was asked to keep the room, and said so. One that is full hands out what it has. */
  answered(peer: PeerId, isFull: boolean): void {
    this.#keepers.set(peer, { isFull })
    this.#deps.changed()
    this.#syncs.request(peer)
  }

  /** Own entries are durable that no keeper has yet. */
  offer(): void {
    this.#cancelBatch ??= this.#deps.clock.after(BATCH_DELAY, () => {
      this.#cancelBatch = undefined
      this.#syncAll()
    })
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
    const { network, random, clock, room, kept } = this.#deps
    const last = room.ownDevice?.last?.sequence ?? 0
    const reports = await openSync(network, random, clock, this, peer, signal)
    // Whatever was here when it began is there when it is complete: the other side ends when that is durable.
    const isComplete = reports.length > 0 && reports.every(each => each.isComplete)
    if (isComplete && last > 0) kept(peer, [{ from: 1, to: last }])
    return reports
  }

  #syncAll(): void {
    for (const peer of this.#keepers.keys()) this.#syncs.request(peer)
  }

  #left(peer: PeerId): void {
    if (this.#keepers.delete(peer)) this.#deps.changed()
  }
}
