import type { Placed } from './history.ts'

/** Of admissions that stand those that an invite has no use left for: rule 7 of `resolve-access.ts`. */
export function excessOf(stands: readonly Placed[]): Placed[] {
  const excess: Placed[] = []
  for (const invite of stands) {
    const { action, id } = invite.operation
    if (action.kind !== 'invite') continue
    const admissions = stands.filter(({ operation: { action: each } }) => each.kind === 'admit' && each.invite === id)
    if (admissions.length > action.uses) excess.push(...inTheirOrder(admissions).slice(action.uses))
  }
  return excess
}

/** Each behind those that it knew, then by what they are about. */
function inTheirOrder(operations: readonly Placed[]): Placed[] {
  const waiting = new Map(
    operations
      .toSorted(compareSubjects)
      .map(each => [each, operations.filter(other => each.past.has(other.place)).length] as const)
  )
  const ordered: Placed[] = []
  while (waiting.size > 0) {
    const [next] = [...waiting].find(([, before]) => before === 0) ?? []
    if (next === undefined) break
    waiting.delete(next)
    ordered.push(next)
    for (const [each, before] of waiting) if (each.past.has(next.place)) waiting.set(each, before - 1)
  }
  return ordered
}

/** By whom they are about, then by what they are. */
export function compareSubjects(a: Placed, b: Placed): number {
  const subject = ({ operation: { author, action } }: Placed): string => ('member' in action ? action.member : author)
  const [left, right] = [subject(a) + a.operation.id, subject(b) + b.operation.id]
  return left < right ? -1 : Number(left > right)
}
