import type { SyncBound, SyncItem } from './sync-set.ts'

/** Below every item. */
export const LOWEST: SyncBound = { ms: 0, prefix: '' }
/** Above every item. */
export const HIGHEST: SyncBound = { ms: Infinity, prefix: '' }

const ID_DIGITS = 64

/** Negative, zero or positive, as `a` lies below, at or above `b`; missing bytes of a prefix count as zero. */
export function compareBounds(a: SyncBound, b: SyncBound): number {
  if (a.ms !== b.ms) return a.ms < b.ms ? -1 : 1
  const [left, right] = [a.prefix.padEnd(ID_DIGITS, '0'), b.prefix.padEnd(ID_DIGITS, '0')]
  if (left === right) return 0
  return left < right ? -1 : 1
}

/** Of two sides' bounds the one that both of them hold everything above. */
export function laterBound(a: SyncBound, b: SyncBound): SyncBound {
  return compareBounds(a, b) < 0 ? b : a
}

/** The place just below an item. */
export function boundBelow(item: SyncItem): SyncBound {
  return { ms: item.ms, prefix: item.id }
}

/** The shortest bound above `before` and not above `after`, which are neighbours. */
export function shortestBoundBetween(before: SyncItem, after: SyncItem): SyncBound {
  if (before.ms !== after.ms) return { ms: after.ms, prefix: '' }
  let shared = 0
  while (shared < ID_DIGITS && before.id.slice(shared, shared + 2) === after.id.slice(shared, shared + 2)) shared += 2
  return { ms: after.ms, prefix: after.id.slice(0, shared + 2) }
}
