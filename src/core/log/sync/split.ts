import { fingerprintOf, type SyncRange } from './negentropy-message.ts'
import { readCuts, readItems, readSums, type Reading, type Span } from './reading.ts'
import type { SyncBound } from './sync-set.ts'

/** Parts of a range whose fingerprints differ; a range of fewer than two items for each is listed instead. */
const PARTS = 16

/** The ranges that say what is here of a span with this many items: their ids, or fingerprints of its parts. */
export function split<T>(span: Span, count: number, then: (ranges: readonly SyncRange[]) => Reading<T>): Reading<T> {
  if (count < PARTS * 2) {
    return readItems(span, PARTS * 2 - 1, items =>
      then([{ kind: 'ids', upper: span.upper, ids: items.map(({ id }) => id) }])
    )
  }
  return readCuts(span, { count, parts: PARTS }, cuts => {
    const spans = spansBetween(span, cuts)
    return readSums(spans, sums => {
      const uppers = spans.map(({ upper }) => upper)
      return then(
        sums.map((sum, index) => ({
          kind: 'fingerprint',
          upper: uppers[index] ?? span.upper,
          fingerprint: fingerprintOf(sum)
        }))
      )
    })
  })
}

function spansBetween({ lower, upper }: Span, cuts: readonly SyncBound[]): Span[] {
  const uppers = [...cuts, upper]
  return uppers.map((end, index) => ({ lower: uppers[index - 1] ?? lower, upper: end }))
}
