import type { Entry, EntryId } from './entry.ts'
import type { SyncSet } from './sync/index.ts'

/**
 * Where a peer keeps what must survive it: a port. `level-storage.ts` implements it on LevelDB (Node) and IndexedDB
 * (browsers); every implementation passes `test/log/entry-store-suite.ts`.
 */
export interface Storage {
  /** The entries and records of one room, named by its id in hex. */
  room(id: string): EntryStore
  /** Erases all that is stored of a room that nobody uses any more; what is cut off is erased when it is asked for again. */
  forget(id: string): Promise<void>
  /** Records of the peer itself. */
  readonly records: RecordStore
  close(): Promise<void>
}

/** Small values by name. */
export interface RecordStore {
  get(name: string): Promise<Uint8Array | undefined>
  /** All records whose name starts with `prefix`, by name. */
  list(prefix: string): Promise<[name: string, value: Uint8Array][]>
  /** Writes all of these or none; durable when it resolves. `undefined` deletes. */
  write(changes: readonly RecordChange[]): Promise<void>
}

export interface RecordChange {
  readonly name: string
  readonly value: Uint8Array | undefined
}

export interface EntryStore {
  readonly records: Pick<RecordStore, 'get' | 'list'>
  has(id: EntryId): Promise<boolean>
  get(id: EntryId): Promise<Entry | undefined>
  /** The newest `limit` entries below the order key `before`, newest first. */
  newest(limit: number, before?: string): Promise<Entry[]>
  /** Of the entries that are shown as messages the newest `limit` below the order key `before`, newest first. */
  newestShown(limit: number, before?: string): Promise<Entry[]>
  /** The entries here, as they are compared with others'. */
  readonly set: SyncSet
  /** Stores all of this or none of it; durable when it resolves. Commits made at the same time share one write. */
  commit(change: StoreChange): Promise<void>
}

export interface StoreChange {
  readonly entries?: readonly Entry[]
  /** Those of the entries that are shown as messages. */
  readonly shown?: readonly EntryId[]
  readonly records?: readonly RecordChange[]
}
