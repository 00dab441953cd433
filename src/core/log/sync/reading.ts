import type { RangeSum, SyncBound, SyncItem, SyncSet } from './sync-set.ts'

/**
 * A computation that reads a `SyncSet` but does no I/O: either what it came to, or the read that it waits for and how it
 * goes on with the answer. Pure: the same answers lead to the same value.
 */
export type Reading<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'read'; readonly read: SetRead; readonly resume: (answer: SetAnswer) => Reading<T> }

export interface Span {
  readonly lower: SyncBound
  readonly upper: SyncBound
}

export type SetRead =
  | { readonly kind: 'sums'; readonly spans: readonly Span[] }
  | { readonly kind: 'items'; readonly span: Span; readonly limit: number }
  | { readonly kind: 'places'; readonly span: Span; readonly places: readonly number[] }

export type SetAnswer =
  | { readonly kind: 'sums'; readonly sums: readonly RangeSum[] }
  | { readonly kind: 'items'; readonly items: readonly SyncItem[] }

const NO_READ = 'an answer to another read'

export function readSums<T>(spans: readonly Span[], then: (sums: readonly RangeSum[]) => Reading<T>): Reading<T> {
  return { kind: 'read', read: { kind: 'sums', spans }, resume: answer => then(sumsOf(answer)) }
}

export function readSum<T>(span: Span, then: (sum: RangeSum) => Reading<T>): Reading<T> {
  return readSums([span], ([sum]) => then(sum ?? { count: 0, sum: 0n }))
}

/** The first `limit` items. */
export function readItems<T>(span: Span, limit: number, then: (items: readonly SyncItem[]) => Reading<T>): Reading<T> {
  return { kind: 'read', read: { kind: 'items', span, limit }, resume: answer => then(itemsOf(answer)) }
}

/** The items at these places of the span that there are. */
export function readPlaces<T>(
  span: Span,
  places: readonly number[],
  then: (items: readonly SyncItem[]) => Reading<T>
): Reading<T> {
  return { kind: 'read', read: { kind: 'places', span, places }, resume: answer => then(itemsOf(answer)) }
}

/** Does the reading. */
export async function answerRead(set: SyncSet, read: SetRead): Promise<SetAnswer> {
  if (read.kind === 'sums') {
    return { kind: 'sums', sums: await Promise.all(read.spans.map(({ lower, upper }) => set.sum(lower, upper))) }
  }
  const { lower, upper } = read.span
  if (read.kind === 'items') return { kind: 'items', items: await set.items(lower, upper, read.limit) }
  const items = await Promise.all(read.places.map(place => set.at(lower, upper, place)))
  return { kind: 'items', items: items.filter(item => item !== undefined) }
}

function sumsOf(answer: SetAnswer): readonly RangeSum[] {
  if (answer.kind !== 'sums') throw new Error(NO_READ)
  return answer.sums
}

function itemsOf(answer: SetAnswer): readonly SyncItem[] {
  if (answer.kind !== 'items') throw new Error(NO_READ)
  return answer.items
}
