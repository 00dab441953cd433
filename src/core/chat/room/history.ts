import type { DeviceId } from '../../identity/index.ts'
import { compareHybridTimes, type EntryId, type HybridTime } from '../../log/index.ts'

/**
 * The shape of a room's log here: its heads (entries that no other entry here cites) and its gaps (entries that are
 * cited, but not here). Pure: each step returns the next state.
 *
 * 1. A citation counts only when it could be true: a cited entry that is here must stand below the one that cites it.
 * 2. An entry that arrives closes its gap and is a head unless something here cites it.
 * 3. What nobody present holds is no longer waited for, but asked of whoever comes.
 * 4. Every collection is capped, and gives way where an author has put most into it.
 */
export interface History {
  readonly heads: ReadonlyMap<EntryId, HybridTime>
  /** Missing entries, each with the device that cited it first. */
  readonly missing: Gaps
  /** Missing entries that nobody who was asked holds. */
  readonly unheld: Gaps
}

export type Gaps = ReadonlyMap<EntryId, DeviceId>

export interface Citation {
  readonly id: EntryId
  /** The clock of the cited entry, when it is here. */
  readonly clock: HybridTime | undefined
}

/** More heads than this are kept only by somebody who never reads; the newest stay. */
const MAX_KEPT_HEADS = 64
/** What an author's entries take up here. */
export type BytesOf = (author: DeviceId) => number

/** One hostile author can cite 5 made-up ids an entry; honest gaps are far fewer. */
const MAX_GAPS = 1024
/** What an honest author cites in a few entries that come ahead of all before them. */
const FEW_GAPS = 16

export const EMPTY_HISTORY: History = { heads: new Map(), missing: new Map(), unheld: new Map() }

export function addToHistory(
  history: History,
  entry: { id: EntryId; clock: HybridTime; author: DeviceId },
  citations: readonly Citation[],
  bytesOf: BytesOf
): History {
  const heads = new Map(history.heads)
  const missing = new Map(history.missing)
  const unheld = new Map(history.unheld)
  const wasMissing = missing.delete(entry.id)
  const wasUnheld = unheld.delete(entry.id)
  for (const { id, clock } of citations) {
    if (clock === undefined && !unheld.has(id) && !missing.has(id)) missing.set(id, entry.author)
    else if (clock !== undefined && compareHybridTimes(clock, entry.clock) < 0) heads.delete(id)
  }
  if (!wasMissing && !wasUnheld) heads.set(entry.id, entry.clock)
  return { heads: newest(heads), missing: capped(missing, bytesOf), unheld }
}

/** Waits no longer for an entry that came and is not kept here. */
export function withoutGap(history: History, id: EntryId): History {
  const [missing, unheld] = [new Map(history.missing), new Map(history.unheld)]
  missing.delete(id)
  unheld.delete(id)
  return { ...history, missing, unheld }
}

/** Forgets heads that are not kept here any more. */
export function withoutHeads(history: History, ids: Iterable<EntryId>): History {
  const heads = new Map(history.heads)
  for (const id of ids) heads.delete(id)
  return { ...history, heads }
}

/** Gives up waiting for entries that nobody present holds. */
export function giveUpMissing(history: History, ids: Iterable<EntryId>, bytesOf: BytesOf): History {
  const missing = new Map(history.missing)
  const unheld = new Map(history.unheld)
  for (const id of ids) {
    const author = missing.get(id)
    if (author !== undefined) unheld.set(id, author)
    missing.delete(id)
  }
  return { ...history, missing, unheld: capped(unheld, bytesOf) }
}

/** The heads with their clocks, newest first. */
export function newestHeads(history: History): [EntryId, HybridTime][] {
  return sorted(history.heads)
}

function newest(heads: Map<EntryId, HybridTime>): Map<EntryId, HybridTime> {
  return heads.size <= MAX_KEPT_HEADS ? heads : new Map(sorted(heads).slice(0, MAX_KEPT_HEADS))
}

function sorted(heads: ReadonlyMap<EntryId, HybridTime>): [EntryId, HybridTime][] {
  return [...heads].sort(([a, atA], [b, atB]) => compareHybridTimes(atB, atA) || (a < b ? 1 : -1))
}

/**
 * Gaps go first where one author has the most of them; where none has many, where an author has most for what it ever said.
 * Keys cost nothing to make, and what is made up must push out true gaps neither by an author's many nor by many authors' few.
 */
function capped(gaps: Map<EntryId, DeviceId>, bytesOf: BytesOf): Gaps {
  while (gaps.size > MAX_GAPS) {
    const byAuthor = [...Map.groupBy(gaps, ([, author]) => author)]
    const [, largest] = highest(byAuthor, ([, { length }]) => length)
    const [, going] =
      largest.length > FEW_GAPS ? [0, largest] : highest(byAuthor, ([author, { length }]) => length / bytesOf(author))
    for (const [id] of going.slice(0, gaps.size - MAX_GAPS)) gaps.delete(id)
  }
  return gaps
}

/** Of several the last: what was missed first is asked for first. */
function highest<T>(items: readonly T[], measure: (item: T) => number): T {
  const measured = items.map(item => ({ item, height: measure(item) }))
  return measured.reduce((a, b) => (b.height >= a.height ? b : a)).item
}
