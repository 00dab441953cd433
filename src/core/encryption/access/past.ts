import type { Operation, OperationId } from './operation.ts'

type Operations = ReadonlyMap<OperationId, Operation>

/** Those that no other stands above, ascending: who cites them cites all. */
export function headsOf(operations: Operations): OperationId[] {
  const known = new Set([...operations.values()].flatMap(({ parents }) => parents))
  return [...operations.keys()].filter(id => !known.has(id)).toSorted()
}

/** These with all that they knew; undefined when one of them is missing. */
export function pastOf(ids: readonly OperationId[], operations: Operations): Operation[] | undefined {
  const past = new Map<OperationId, Operation>()
  const next = [...ids]
  for (let id = next.pop(); id !== undefined; id = next.pop()) {
    if (past.has(id)) continue
    const operation = operations.get(id)
    if (operation === undefined) return undefined
    past.set(id, operation)
    next.push(...operation.parents)
  }
  return [...past.values()]
}
