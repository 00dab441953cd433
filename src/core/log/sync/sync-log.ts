import type { EntryClass, EntryId, StoredEntry } from '../entry.ts'
import type { SyncBound, SyncSet } from './sync-set.ts'

/** A room's log as a sync session uses it: a port, as only the layers above know which entries count. */
export interface SyncLog {
  /** What is synced, in this order: control before chat. */
  readonly classes: readonly SyncedClass[]
  /** Those of these entries that are here, with their bodies or, where these were erased, without, in this order. */
  load(ids: readonly EntryId[]): Promise<StoredEntry[]>
  /** Those of these ids that are neither here nor waiting beside the set. */
  lacking(ids: readonly EntryId[]): Promise<EntryId[]>
  /** Judges and stores these, newest first as they come; resolves when they are durable, with how many were stored. */
  take(entries: readonly StoredEntry[]): Promise<number>
  /** Bytes that the other side needs to judge these entries and may lack, sent before them; at most two for each. */
  companionsOf(entries: readonly StoredEntry[]): Promise<Uint8Array[]>
  takeCompanion(bytes: Uint8Array): Promise<void>
  /** Whether no more entries of this class are taken, for lack of space; never, where it is not said. */
  isFull?(entryClass: EntryClass): boolean
}

export interface SyncedClass {
  readonly class: EntryClass
  readonly set: SyncSet
  /** This side's bound: a session leaves out what lies below it. */
  readonly from: SyncBound
}

/** What a session came to, for one class. */
export interface SyncReport {
  readonly class: EntryClass
  /** Messages of the other side that it took to learn the differences. */
  readonly rounds: number
  /** Of these messages, both ways. */
  readonly reconciliationBytes: number
  readonly received: number
  /** Of these, as they came. */
  readonly receivedBytes: number
  /** Of those received: what could not be used is not stored. */
  readonly stored: number
  readonly sent: number
  /** Whether nothing is left for another session. */
  readonly isComplete: boolean
}
