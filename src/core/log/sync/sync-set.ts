import type { Millis } from '../../bytes/index.ts'
import type { EntryId } from '../entry.ts'

/** An entry as reconciliation sees it. Items are ordered by time, then by id as bytes. */
export interface SyncItem {
  /** The milliseconds of the entry's clock, without its counter. */
  readonly ms: Millis
  readonly id: EntryId
}

/** A place between items: below every item that is not less than it. `ms` infinite: above all. */
export interface SyncBound {
  readonly ms: Millis
  /** The first bytes of an id, 0 to 32 of them, in hex; compared as if the missing ones were zero. */
  readonly prefix: string
}

/** What a fingerprint is made of: Negentropy V1 hashes the sum of the ids, modulo 2^256, and their number. */
export interface RangeSum {
  readonly count: number
  readonly sum: bigint
}

/** The entries to reconcile, as a port; ranges include `lower` and exclude `upper`. */
export interface SyncSet {
  /** Costs two chunks at the most, however many items the range holds. */
  sum(lower: SyncBound, upper: SyncBound): Promise<RangeSum>
  /** The first `limit` items of the range, in order. */
  items(lower: SyncBound, upper: SyncBound, limit: number): Promise<SyncItem[]>
  /** The item at this place, counted from 0, of the range. */
  at(lower: SyncBound, upper: SyncBound, place: number): Promise<SyncItem | undefined>
  /**
   * Bounds that cut the range into so many parts of about one size, at which sums cost no reading here; undefined where
   * the range is too small to have them, and is then cut exactly.
   */
  landmarks?(lower: SyncBound, upper: SyncBound, parts: number): Promise<readonly SyncBound[] | undefined>
}
