import type { Millis } from '../bytes/index.ts'
import type { EntryClass, EntryId, StoredEntry } from './entry.ts'
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
  /** The records of these names, in one read. */
  getMany(names: readonly string[]): Promise<(Uint8Array | undefined)[]>
  /** All records whose name starts with `prefix`, by name; of more than `last` the last ones. */
  list(prefix: string, last?: number): Promise<[name: string, value: Uint8Array][]>
  /** Writes all of these or none; durable when it resolves. `undefined` deletes. */
  write(changes: readonly RecordChange[]): Promise<void>
}

export interface RecordChange {
  readonly name: string
  readonly value: Uint8Array | undefined
}

export interface EntryStore {
  readonly records: Omit<RecordStore, 'write'>
  /** Whether the entry is here, with its body or without. */
  has(id: EntryId): Promise<boolean>
  get(id: EntryId): Promise<StoredEntry | undefined>
  /** Those of these entries that are here, in the order of the ids. */
  load(ids: readonly EntryId[]): Promise<StoredEntry[]>
  /** Those of these ids whose entries are not here. */
  lacking(ids: readonly EntryId[]): Promise<EntryId[]>
  /** Up to `limit` ids of entries here that start with this hex. */
  idsFrom(prefix: string, limit: number): Promise<EntryId[]>
  /** The newest `limit` entries below the order key `before`, newest first. */
  newest(limit: number, before?: string): Promise<StoredEntry[]>
  /** Of the entries that are shown as messages the newest `limit` below the order key `before`, newest first. */
  newestShown(limit: number, before?: string): Promise<ShownEntry[]>
  /** The time of the entry at this place among those shown, newest first from 0; undefined when there are fewer. */
  shownTime(place: number): Promise<Millis | undefined>
  /** The note with which the entry is shown; undefined when it is not. */
  noteOf(id: EntryId): Promise<Uint8Array | undefined>
  /** The entries of each class here, as they are compared with others'. */
  readonly sets: Readonly<Record<EntryClass, SyncSet>>
  /** Stores all of this or none of it; durable when it resolves. Commits made at the same time share one write. */
  commit(change: StoreChange): Promise<void>
  /**
   * Makes the database rewrite its files where records below this prefix are or were, so that what was deleted is in none of them any more.
   * Does nothing where a database leaves no say in that, as IndexedDB does.
   */
  purge(prefix: string): Promise<void>
}

/** An entry that is shown as a message, with a note whose meaning is for the layers above. */
export interface ShownEntry {
  readonly entry: StoredEntry
  readonly note: Uint8Array
}

export interface StoreChange {
  /** Stored where they are not here yet. */
  readonly entries?: readonly StoredEntry[]
  /** Entries, stored by now or by this change, that are shown as messages from now on, with this note. */
  readonly shown?: ReadonlyMap<EntryId, Uint8Array>
  /** Entries of which the body is erased; they go on counting. */
  readonly erased?: readonly EntryId[]
  /** Entries that go whole, and count no longer. */
  readonly dropped?: readonly EntryId[]
  readonly records?: readonly RecordChange[]
}
