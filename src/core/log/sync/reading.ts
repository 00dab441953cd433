import { shortestBoundBetween } from './bound.ts'
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
  | { readonly kind: 'cuts'; readonly span: Span; readonly count: number; readonly parts: number }

export type SetAnswer =
  | { readonly kind: 'sums'; readonly sums: readonly RangeSum[] }
  | { readonly kind: 'items'; readonly items: readonly SyncItem[] }
  | { readonly kind: 'cuts'; readonly cuts: readonly SyncBound[] }

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

/** Bounds that cut a span of `count` items into so many parts of one size, or of about one size. */
export function readCuts<T>(
  span: Span,
  { count, parts }: { readonly count: number; readonly parts: number },
  then: (cuts: readonly SyncBound[]) => Reading<T>
): Reading<T> {
  return { kind: 'read', read: { kind: 'cuts', span, count, parts }, resume: answer => then(cutsOf(answer)) }
}

/** Does the reading. */
export async function answerRead(set: SyncSet, read: SetRead): Promise<SetAnswer> {
  if (read.kind === 'sums') {
    return { kind: 'sums', sums: await Promise.all(read.spans.map(({ lower, upper }) => set.sum(lower, upper))) }
  }
  const { lower, upper } = read.span
  if (read.kind === 'items') return { kind: 'items', items: await set.items(lower, upper, read.limit) }
  const landmarks = await set.landmarks?.(lower, upper, read.parts)
  return { kind: 'cuts', cuts: landmarks ?? (await exactCuts(set, read)) }
}

/** As the reference cuts: the first parts take what does not divide. */
async function exactCuts(set: SyncSet, { span, count, parts }: Extract<SetRead, { kind: 'cuts' }>) {
  const [size, larger] = [Math.floor(count / parts), count % parts]
  const places = Array.from({ length: parts - 1 }, (_, part) => (part + 1) * size + Math.min(part + 1, larger))
  const cuts = places.map(async place => {
    const around = [place - 1, place].map(each => set.at(span.lower, span.upper, each))
    const [before, after] = await Promise.all(around)
    return before && after && shortestBoundBetween(before, after)
  })
  return (await Promise.all(cuts)).filter(cut => cut !== undefined)
}

function sumsOf(answer: SetAnswer): readonly RangeSum[] {
  if (answer.kind !== 'sums') throw new Error(NO_READ)
  return answer.sums
}

function cutsOf(answer: SetAnswer): readonly SyncBound[] {
  if (answer.kind !== 'cuts') throw new Error(NO_READ)
  return answer.cuts
}

function itemsOf(answer: SetAnswer): readonly SyncItem[] {
  if (answer.kind !== 'items') throw new Error(NO_READ)
  return answer.items
}
