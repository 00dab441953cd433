import {
  ByteWriter,
  CappedMap,
  decodeWith,
  errorMessage,
  expectValue,
  UnavailableError,
  type Clock,
  type Millis
} from '../../bytes/index.ts'
import {
  encodeEntry,
  isAhead,
  isWhole,
  LOWEST,
  type Entry,
  type EntryClass,
  type EntryStore,
  type StoredEntry,
  type SyncLog
} from '../../log/index.ts'
import type { PeerId } from '../../network/index.ts'
import { DayKeys } from '../online/day-keys.ts'
import type { ExchangeKeys } from '../online/exchange-codec.ts'
import type { SyncedRoom } from '../online/sync-exchange.ts'
import { ENTRY_OVERHEAD_BYTES } from '../room/devices.ts'
import { Serial } from '../serial.ts'
import type { BlindSpace } from './quota.ts'

export interface BlindRoomDeps {
  readonly tag: Uint8Array
  readonly store: EntryStore
  readonly clock: Clock
  readonly space: BlindSpace
  /** What could not be stored, and that it can be again. */
  readonly stores: (trouble: string | undefined) => void
}

type Taken = Readonly<Record<EntryClass, number>>

const TAKEN_RECORD = 'taken'
const CLASSES = ['control', 'chat'] as const
/** Members judge what is ahead again; a keeper whose own clock is behind turns away nothing that they take. */
const MAX_BEHIND: Millis = 5 * 60_000
/** A peer that broke the protocol is left alone for this long. */
const FAULT_PAUSE: Millis = 10 * 60_000
const MAX_PAUSED = 256

/**
 * A room that is stored for its members by its tag alone. Whoever knows the tag may sync; nothing that is stored can be
 * opened here, so it is checked as outsiders can: form, size, hash, class and clock. What members have deleted stays, as that cannot be
 * told here; what is beyond the room's share is not taken.
 */
export class BlindRoom implements SyncedRoom {
  readonly #deps: BlindRoomDeps
  readonly #keys: DayKeys
  readonly #changes = new Serial()
  readonly #faulty = new CappedMap<PeerId, Millis>(MAX_PAUSED)
  #taken: Taken
  #isOnline = false

  private constructor(deps: BlindRoomDeps, taken: Taken) {
    this.#deps = deps
    this.#keys = new DayKeys(deps.tag, () => [deps.clock.now()])
    this.#taken = taken
  }

  static async load(deps: BlindRoomDeps): Promise<BlindRoom> {
    const stored = await deps.store.records.get(TAKEN_RECORD)
    return new BlindRoom(deps, stored === undefined ? { control: 0, chat: 0 } : decodeTaken(stored))
  }

  /** What is stored of it. */
  get bytes(): number {
    return this.#taken.control + this.#taken.chat
  }

  /** It answers from now on; members come by themselves. */
  goOnline(): void {
    this.#isOnline = true
  }

  async stop(): Promise<void> {
    this.#isOnline = false
    await this.#changes.run(async () => undefined)
  }

  exchangeKeys(): readonly ExchangeKeys[] {
    return this.#keys.now()
  }

  syncLog(peer: PeerId): SyncLog | undefined {
    if (!this.#isOnline || (this.#faulty.get(peer) ?? 0) > this.#deps.clock.now()) return undefined
    const { sets } = this.#deps.store
    return {
      classes: CLASSES.map(each => ({ class: each, set: sets[each], from: LOWEST })),
      load: ids => this.#deps.store.load(ids),
      lacking: ids => this.#deps.store.lacking(ids),
      take: entries => this.#changes.run(() => this.#take(entries)),
      isFull: entryClass => this.#deps.space.isFull(entryClass, this.#taken),
      // Who wrote what is for members to tell each other.
      companionsOf: async () => [],
      takeCompanion: async () => undefined
    }
  }

  distrust(peer: PeerId): void {
    this.#faulty.set(peer, this.#deps.clock.now() + FAULT_PAUSE)
  }

  served(): () => void {
    return () => undefined
  }

  /** Rejects when not all could be kept: whoever brought them must not take them for kept. */
  async #take(entries: readonly StoredEntry[]): Promise<number> {
    const latest = this.#deps.clock.now() + MAX_BEHIND
    const fitting: Entry[] = []
    let [taken, refused] = [this.#taken, 0]
    for (const entry of entries) {
      // Of what was erased nothing is kept: a header alone cannot be accounted for here.
      if (!isWhole(entry) || (await this.#deps.store.has(entry.id))) continue
      const each = entry.header.class
      const bytes = encodeEntry(entry).length + ENTRY_OVERHEAD_BYTES
      // What is ahead comes again when it no longer is.
      if (isAhead(entry.header.clock, latest) || !this.#deps.space.fits(each, bytes, taken)) {
        refused += 1
        continue
      }
      taken = { ...taken, [each]: taken[each] + bytes }
      fitting.push(entry)
    }
    if (fitting.length > 0) await this.#commit(fitting, taken)
    if (refused > 0) throw new UnavailableError(`${refused} entries that cannot be kept`)
    return fitting.length
  }

  async #commit(entries: readonly Entry[], taken: Taken): Promise<void> {
    const { store, stores } = this.#deps
    try {
      await store.commit({ entries, records: [{ name: TAKEN_RECORD, value: encodeTaken(taken) }] })
      this.#taken = taken
      stores(undefined)
    } catch (thrown) {
      stores(errorMessage(thrown))
      throw thrown
    }
  }
}

function encodeTaken({ control, chat }: Taken): Uint8Array {
  return new ByteWriter().u64(control).u64(chat).finish()
}

/** The input comes from this peer's own store. */
function decodeTaken(bytes: Uint8Array): Taken {
  return expectValue(decodeWith(bytes, reader => ({ control: reader.u64(), chat: reader.u64() })))
}
