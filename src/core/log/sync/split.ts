import { shortestBoundBetween } from './bound.ts'
import { fingerprintOf, type SyncRange } from './negentropy-message.ts'
import { readItems, readPlaces, readSums, type Reading, type Span } from './reading.ts'
import type { SyncBound, SyncItem } from './sync-set.ts'

/** Parts of a range whose fingerprints differ; a range of fewer than two items for each is listed instead. */
const PARTS = 16

/** The ranges that say what is here of a span with this many items: their ids, or fingerprints of its parts. */
export function split<T>(span: Span, count: number, then: (ranges: readonly SyncRange[]) => Reading<T>): Reading<T> {
  if (count < PARTS * 2) {
    return readItems(span, PARTS * 2 - 1, items =>
      then([{ kind: 'ids', upper: span.upper, ids: items.map(({ id }) => id) }])
    )
  }
  return readPlaces(span, placesAroundCuts(count), items => {
    const spans = spansBetween(span, cutsBetween(items))
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

/** Before and behind each cut; the first parts take what does not divide. */
function placesAroundCuts(count: number): number[] {
  const [size, larger] = [Math.floor(count / PARTS), count % PARTS]
  const places: number[] = []
  for (let part = 1, cut = 0; part < PARTS; part += 1) {
    cut += size + (part <= larger ? 1 : 0)
    places.push(cut - 1, cut)
  }
  return places
}

function cutsBetween(items: readonly SyncItem[]): SyncBound[] {
  const cuts: SyncBound[] = []
  for (let index = 0; index + 1 < items.length; index += 2) {
    const [before, after] = items.slice(index, index + 2)
    if (before !== undefined && after !== undefined) cuts.push(shortestBoundBetween(before, after))
  }
  return cuts
}

function spansBetween({ lower, upper }: Span, cuts: readonly SyncBound[]): Span[] {
  const uppers = [...cuts, upper]
  return uppers.map((end, index) => ({ lower: uppers[index - 1] ?? lower, upper: end }))
}
