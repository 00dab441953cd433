import { UnavailableError, type Clock, type Millis, type RandomBytes } from '../../bytes/index.ts'
import {
  encodeEntry,
  isWhole,
  LOWEST,
  MemorySet,
  SyncFaultError,
  type StoredEntry,
  type SyncLog,
  type SyncReport,
  type SyncSet
} from '../../log/index.ts'
import type { Network, PeerId } from '../../network/index.ts'
import type { Taken } from '../room/intake.ts'
import type { Room } from '../room/room.ts'
import type { Standing } from './meeting.ts'
import type { MeetingKeys, MeetingSecrets, SecretName } from './meeting-secrets.ts'
import type { OlderControl } from './older-control.ts'
import type { RunningSyncs } from './running-syncs.ts'
import { openSync } from './sync-exchange.ts'
import { SyncSchedule } from './sync-schedule.ts'
import { VisitorQuota } from './visitor-quota.ts'

export interface VisitorsDeps {
  readonly network: Network
  readonly random: RandomBytes
  readonly clock: Clock
  readonly room: Room
  readonly secrets: MeetingSecrets
  readonly running: RunningSyncs
  readonly keysFor: (peer: PeerId) => MeetingKeys
  readonly standingOf: (peer: PeerId) => Standing | undefined
  readonly olderControl: OlderControl
  readonly take: (entries: readonly StoredEntry[]) => Promise<Taken>
  /** Whatever the visitor had to hand over is here. */
  readonly handedOver: (peer: PeerId) => void
}

/** A sync with a visitor. */
export interface Visit {
  readonly log: SyncLog
  /** `stop` is called when it takes too long; what is returned must be, when it is over. */
  begin(stop: () => void): () => void
}

/** Enough for what one may bring over a slow path; nobody else waits longer for a visitor's place. */
const MAX_VISIT: Millis = 30_000

/**
 * Syncs with peers that know a secret of the room and are not in, as far as is known here.
 *
 * 1. They hand over control entries, so that whoever was let in elsewhere is in here too; how many is limited.
 * 2. They are given nothing, and learn not even what is here; except
 * 3. that one who is out is given control entries sealed under the generations that it knows: so it learns that it was removed. That may be
 *    under the current secret: where what let it in turned out not to count, the keys that all go on with never were for it.
 */
export class Visitors {
  readonly #deps: VisitorsDeps
  readonly #syncs: SyncSchedule
  /** Those who know no newer secret than an older one take nothing from those whose admission has not come here yet. */
  readonly #quotas: { readonly current: VisitorQuota; readonly older: VisitorQuota }

  constructor(deps: VisitorsDeps) {
    this.#deps = deps
    const { clock } = deps
    this.#quotas = { current: new VisitorQuota(clock), older: new VisitorQuota(clock) }
    this.#syncs = new SyncSchedule({
      clock,
      sync: (peer, signal) => this.#open(peer, signal),
      settled: () => undefined
    })
  }

  /** Opens a sync with the visitor soon. */
  request(peer: PeerId): void {
    if (this.#isVisitor(peer)) this.#syncs.request(peer)
  }

  /** For a sync with this visitor under this secret; undefined when there is none now. */
  receive(peer: PeerId, secret: SecretName): Visit | undefined {
    const { clock, secrets, handedOver } = this.#deps
    if (!this.#isVisitor(peer) || !this.#syncs.isTrusted(peer)) return undefined
    const quota = secrets.ageOf(secret) === 0 ? this.#quotas.current : this.#quotas.older
    if (!quota.begin(peer)) return undefined
    return {
      log: this.#logFor(peer, secret, quota),
      begin(stop) {
        const cancel = clock.after(MAX_VISIT, stop)
        return () => {
          cancel()
          quota.end(peer)
          handedOver(peer)
        }
      }
    }
  }

  distrust(peer: PeerId): void {
    this.#syncs.distrust(peer)
  }

  stop(): void {
    this.#syncs.stop()
  }

  #isVisitor(peer: PeerId): boolean {
    const standing = this.#deps.standingOf(peer)
    return standing === 'out' || standing === 'unknown'
  }

  async #open(peer: PeerId, signal: AbortSignal): Promise<readonly SyncReport[]> {
    const { running, keysFor } = this.#deps
    const keys = keysFor(peer)
    const visit = this.receive(peer, keys.secret)
    if (visit === undefined) return []
    return running.run(peer, signal, async ended => {
      const over = new AbortController()
      const end = visit.begin(() => over.abort())
      try {
        return await openSync(this.#deps, { keys, log: visit.log }, peer, AbortSignal.any([ended, over.signal]))
      } finally {
        end()
      }
    })
  }

  #logFor(peer: PeerId, secret: SecretName, quota: VisitorQuota): SyncLog {
    const { room, take, secrets, standingOf, olderControl } = this.#deps
    const age = secrets.ageOf(secret)
    const isTold = standingOf(peer) === 'out'
    let given: Promise<MemorySet> | undefined
    const givenSet = (): Promise<MemorySet> =>
      (given ??= isTold ? olderControl.knownAt(age) : Promise.resolve(new MemorySet([])))
    return {
      classes: [{ class: 'control', set: lazySet(givenSet), from: LOWEST }],
      async load(ids) {
        if (!quota.mayGive(peer)) return []
        const set = await givenSet()
        const entries = await room.load(ids.filter(id => set.has(id)))
        return quota.gives(peer, bytesOf(entries)) ? entries : []
      },
      async lacking(ids) {
        if (quota.entriesLeft(peer) === 0) return []
        quota.names(peer, ids.length)
        return (await room.lacking(ids)).slice(0, quota.entriesLeft(peer))
      },
      isFull: () => quota.entriesLeft(peer) === 0,
      async take(entries) {
        if (!quota.brought(peer, entries.length, bytesOf(entries)))
          throw new UnavailableError('more than a visitor may bring')
        const taken = await take(entries.filter(isWhole))
        if (taken.void > 0) throw new SyncFaultError('an entry that opens for nobody')
        return entries.length - (await room.lacking(entries.map(({ id }) => id))).length
      },
      companionsOf: async () => [],
      takeCompanion: async () => undefined
    }
  }
}

function bytesOf(entries: readonly StoredEntry[]): number {
  return entries.reduce((total, entry) => total + encodeEntry(entry).length, 0)
}

function lazySet(load: () => Promise<SyncSet>): SyncSet {
  return {
    sum: async (lower, upper) => (await load()).sum(lower, upper),
    items: async (lower, upper, limit) => (await load()).items(lower, upper, limit),
    at: async (lower, upper, place) => (await load()).at(lower, upper, place)
  }
}
