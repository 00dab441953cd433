import type { Placed } from './history.ts'
import { compareWeights, type Weight } from './standing.ts'

type Attacks = ReadonlyMap<Placed, ReadonlySet<Placed>>

/** Of those whom only members of their own circle attack, the strongest. */
export function strongestOfSources(
  open: readonly Placed[],
  attacks: Attacks,
  weigh: (each: Placed) => Weight
): readonly Placed[] {
  const attackers = turned(attacks)
  // Whoever is behind one that is no source is none either: of thousands that attack each other few are looked at.
  const behind = new Set<Placed>()
  for (const each of open.toSorted((a, b) => compareWeights(weigh(a), weigh(b)))) {
    if (behind.has(each)) continue
    const hit = reached(each, attacks)
    if ([...reached(each, attackers)].every(attacker => hit.has(attacker))) return [each]
    for (const other of hit) behind.add(other)
  }
  return []
}

function turned(attacks: Attacks): Attacks {
  const attackers = new Map([...attacks.keys()].map(each => [each, new Set<Placed>()]))
  for (const [each, hits] of attacks) for (const hit of hits) attackers.get(hit)?.add(each)
  return attackers
}

function reached(from: Placed, attacks: Attacks): ReadonlySet<Placed> {
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
