import type { Placed } from './history.ts'
import { compareWeights, type Weight } from './standing.ts'

/** Of those whom only members of their own circle attack, the strongest. */
export function strongestOfSources(
  open: readonly Placed[],
  attacks: ReadonlyMap<Placed, ReadonlySet<Placed>>,
  weigh: (each: Placed) => Weight
): readonly Placed[] {
  const reach = new Map(open.map(each => [each, reached(each, attacks)]))
  const isSource = (each: Placed): boolean =>
    open.every(other => reach.get(other)?.has(each) !== true || reach.get(each)?.has(other) === true)
  const sources = open.filter(isSource).toSorted((a, b) => compareWeights(weigh(a), weigh(b)))
  return sources.slice(0, 1)
}

function reached(from: Placed, attacks: ReadonlyMap<Placed, ReadonlySet<Placed>>): ReadonlySet<Placed> {
  const seen = new Set<Placed>()
  const next = [from]
  for (let each = next.pop(); each !== undefined; each = next.pop()) {
    for (const hit of attacks.get(each) ?? []) {
      if (!seen.has(hit)) next.push(hit)
      seen.add(hit)
    }
  }
  return seen
}
