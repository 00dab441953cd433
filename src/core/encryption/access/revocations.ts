import type { DeviceId, MemberId } from '../../identity/index.ts'
import type { Placed } from './history.ts'
import type { LastKnown } from './operation.ts'

/** Revocations by the device that they revoke: members make as many as they like, and each concerns one device alone. */
export type Revocations = ReadonlyMap<DeviceId, readonly Placed[]>

/** Of operations that stand the revocations of devices, but for those by a device that was revoked to its knowledge (rule 11). */
export function revocationsIn(stands: readonly Placed[]): Revocations {
  const revocations = new Map<DeviceId, Placed[]>()
  for (const each of stands) {
    const { action } = each.operation
    if (action.kind !== 'revoke-device' || isSilenced(each, revocations)) continue
    const those = revocations.get(action.device)
    if (those === undefined) revocations.set(action.device, [each])
    else those.push(each)
  }
  return revocations
}

/** Whether one of these has it not count. */
export function isSilenced(each: Placed, revocations: Revocations): boolean {
  return revocations.get(each.operation.device)?.some(revocation => silences(revocation, each)) === true
}

/** Whether this revocation has that not count. */
export function silences(revocation: Placed, each: Placed): boolean {
  const { action } = revocation.operation
  const { author, device } = each.operation
  if (action.kind !== 'revoke-device' || action.member !== author || action.device !== device) return false
  if (each === revocation || revocation.past.has(each.place)) return false
  return each.operation.action.kind !== 'revoke-device' || each.past.has(revocation.place)
}

/** The devices of this member that were revoked, with the last sequence of each that counts. */
export function revokedOf(member: MemberId, stands: readonly Placed[]): Map<DeviceId, number> {
  const revoked = new Map<DeviceId, number>()
  for (const { operation } of stands) {
    const { action } = operation
    if (action.kind === 'revoke-device' && action.member === member) keepLeast(revoked, action.device, action.last)
  }
  return revoked
}

/**
 * What still counts of who may say no more: what was named when that was decided, and what somebody else had said of a revoked device. Of one's own
 * devices one's own word makes it less alone.
 */
export function lastOf(named: LastKnown, member: MemberId, stands: readonly Placed[]): Map<DeviceId, number> {
  const last = new Map(named)
  for (const isOwn of [false, true]) {
    for (const { operation } of stands) {
      const { action, author } = operation
      if (action.kind !== 'revoke-device' || action.member !== member || (author === member) !== isOwn) continue
      if (!isOwn || last.has(action.device)) keepLeast(last, action.device, action.last)
    }
  }
  return last
}

export function keepLeast(all: Map<DeviceId, number>, device: DeviceId, sequence: number): void {
  all.set(device, Math.min(sequence, all.get(device) ?? Number.POSITIVE_INFINITY))
}
