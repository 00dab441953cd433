import type { DeviceId, MemberId } from '../../identity/index.ts'
import type { Placed } from './history.ts'

/** Of operations that stand the revocations of devices, but for those by a device that was revoked to its knowledge (rule 11). */
export function revocationsIn(stands: readonly Placed[]): Placed[] {
  const revocations: Placed[] = []
  for (const each of stands) {
    const isOne = each.operation.action.kind === 'revoke-device'
    if (isOne && !revocations.some(earlier => silences(earlier, each))) revocations.push(each)
  }
  return revocations
}

/** Whether the revocation has it not count. */
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

export function keepLeast(all: Map<DeviceId, number>, device: DeviceId, sequence: number): void {
  all.set(device, Math.min(sequence, all.get(device) ?? Number.POSITIVE_INFINITY))
}
