import type { Clock, Millis } from '../../src/core/bytes/index.ts'
import type { EntryId, EntryStore, RecordStore, Storage, StoreChange, SyncSet } from '../../src/core/log/index.ts'
import { memoryStorage } from '../support/memory-storage.ts'

interface Batch {
  /** Undefined: the peer's own records. */
  readonly room: string | undefined
  readonly change: StoreChange
}

/** A storage in use by one run of a peer. */
export interface Mounted {
  readonly storage: Storage
  /** The process is gone: of what was not durable yet, the first so many writes are kept, each whole. */
  crash(kept: (waiting: number) => number): void
}

export interface DiskOptions {
  /** How long the next write takes to be durable. */
  readonly flush: () => Millis
  /** A planted bug: writes are acknowledged at once, and durable this much later. */
  readonly acknowledgedEarly?: Millis
}

/** A disk that keeps what was written to it, in order, and nothing else: what a crash leaves is what it has acknowledged. */
export class CrashDisk {
  /** Entries that survive a crash now. */
  readonly entries = new Set<EntryId>()
  readonly #recordSizes = new Map<string, number>()
  readonly #durable: Batch[] = []
  readonly #options: DiskOptions

  constructor(options: DiskOptions) {
    this.#options = options
  }

  async mount(clock: Clock): Promise<Mounted> {
    const live = memoryStorage()
    for (const batch of this.#durable) await apply(live, batch)
    const waiting: Batch[] = []
    let [isGone, arrival, last] = [false, 0, Promise.resolve()]
    const { flush, acknowledgedEarly } = this.#options

    const write = async (batch: Batch): Promise<void> => {
      if (isGone) return never()
      waiting.push(batch)
      const { promise, resolve } = Promise.withResolvers<void>()
      last = promise
      // One write after the other, as a log is written.
      arrival = Math.max(arrival, clock.now() + (acknowledgedEarly ?? flush()))
      clock.after(arrival - clock.now(), () => {
        if (isGone) return
        waiting.shift()
        this.#keep(batch)
        resolve()
      })
      if (acknowledgedEarly === undefined) await promise
      await apply(live, batch)
    }
    const alive = <T>(read: Promise<T>): Promise<T> => (isGone ? never() : read)

    return {
      storage: {
        records: {
          ...aliveRecords(live.records, alive),
          write: records => write({ room: undefined, change: { records } })
        },
        room: id => ({
          ...aliveEntries(live.room(id), alive),
          commit: change => write({ room: id, change })
        }),
        forget: id => alive(live.forget(id)),
        close: () => alive(last)
      },
      crash: kept => {
        isGone = true
        for (const batch of waiting.splice(0, kept(waiting.length))) this.#keep(batch)
      }
    }
  }

  /** Sum of all records: what a peer holds in memory follows from it. */
  recordBytes(): number {
    return [...this.#recordSizes.values()].reduce((sum, size) => sum + size, 0)
  }

  #keep(batch: Batch): void {
    this.#durable.push(batch)
    for (const { id } of batch.change.entries ?? []) this.entries.add(id)
    for (const { name, value } of batch.change.records ?? []) {
      this.#recordSizes.set(`${batch.room ?? ''}/${name}`, value?.length ?? 0)
    }
  }
}

type ReadRecords = Omit<RecordStore, 'write'>
type Alive = <T>(read: Promise<T>) => Promise<T>

function aliveRecords(records: ReadRecords, alive: Alive): ReadRecords {
  return {
    get: name => alive(records.get(name)),
    getMany: names => alive(records.getMany(names)),
    list: (prefix, last) => alive(records.list(prefix, last))
  }
}

function aliveEntries(store: EntryStore, alive: Alive): Omit<EntryStore, 'commit'> {
  return {
    records: aliveRecords(store.records, alive),
    has: id => alive(store.has(id)),
    get: id => alive(store.get(id)),
    load: ids => alive(store.load(ids)),
    lacking: ids => alive(store.lacking(ids)),
    idsFrom: (prefix, limit) => alive(store.idsFrom(prefix, limit)),
    shownTime: place => alive(store.shownTime(place)),
    noteOf: id => alive(store.noteOf(id)),
    newest: (limit, before) => alive(store.newest(limit, before)),
    purge: prefix => alive(store.purge(prefix)),
    newestShown: (limit, before) => alive(store.newestShown(limit, before)),
    sets: { control: aliveSet(store.sets.control, alive), chat: aliveSet(store.sets.chat, alive) }
  }
}

function aliveSet(set: SyncSet, alive: Alive): SyncSet {
  return {
    sum: (lower, upper) => alive(set.sum(lower, upper)),
    items: (lower, upper, limit) => alive(set.items(lower, upper, limit)),
    at: (lower, upper, place) => alive(set.at(lower, upper, place))
  }
}

function apply(storage: Storage, { room, change }: Batch): Promise<void> {
  return room === undefined ? storage.records.write(change.records ?? []) : storage.room(room).commit(change)
}

/** What a process that is gone waits for. */
function never<T>(): Promise<T> {
  return new Promise(() => undefined)
}
