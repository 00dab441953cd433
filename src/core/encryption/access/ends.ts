import type { DeviceId, MemberId } from '../../identity/index.ts'
import { subjectOf, type Operation, type OperationId } from './operation.ts'
import { pastOf } from './past.ts'

/** As many as an operation, or a commit, can stand above at once. */
const MAX_ENDS = 16

/** A log as one device has it. */
export interface OwnView {
  /** In the order in which they came. */
  readonly operations: ReadonlyMap<OperationId, Operation>
  readonly stands: ReadonlySet<OperationId>
  readonly memberOf: (device: DeviceId) => MemberId | undefined
  /** This device's own last operation. */
  readonly previous: OperationId | undefined
}

/**
 * Of the operations that count those that no other of them stands above: what is said stands above these and so above all that counts. What
 * does not count is left out: those who may say nothing here can say much of it, and what stands above an operation that never finds
 * its place finds none either.
 *
 * Where there are more than fit, those above all that concerns these devices come first, then those that came last.
 */
export function endsOf(view: OwnView, devices: ReadonlySet<DeviceId>): OperationId[] {
  const { operations, stands, previous } = view
  const counted = [...operations.values()].filter(({ id }) => stands.has(id) || id === previous)
  const below = new Set(
    pastIds(
      counted.flatMap(({ parents }) => parents),
      operations
    )
  )
  const ends = counted.map(({ id }) => id).filter(id => !below.has(id))
  if (ends.length <= MAX_ENDS) return ends.toSorted()
  const chosen = new Set<OperationId>()
  const pasts = ends.map(end => [end, new Set(pastIds([end], operations))] as const)
  const isCovered = (id: OperationId): boolean => pasts.some(([end, past]) => chosen.has(end) && past.has(id))
  for (const { id } of counted.filter(each => concerns(view, each, devices))) {
    const above = pasts.find(([, past]) => past.has(id))
    if (above !== undefined && !isCovered(id)) chosen.add(above[0])
  }
  for (const end of ends.toReversed()) chosen.add(end)
  return [...chosen].slice(0, MAX_ENDS).toSorted()
}

function concerns({ previous, memberOf }: OwnView, operation: Operation, devices: ReadonlySet<DeviceId>): boolean {
  const { id, action } = operation
  const subject = subjectOf(operation)
  const isOfMember = [...devices].some(device => subject !== undefined && memberOf(device) === subject)
  return id === previous || isOfMember || ('device' in action && devices.has(action.device))
}

function pastIds(ids: readonly OperationId[], operations: ReadonlyMap<OperationId, Operation>): OperationId[] {
  return (pastOf(ids, operations) ?? []).map(({ id }) => id)
}
