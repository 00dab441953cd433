import type { DeviceId, MemberId } from '../../identity/index.ts'
import type { HistoryPolicy, LastKnown, OperationId, Role } from './operation.ts'

/** Who may do what in a room. */
export interface Access {
  readonly members: ReadonlyMap<MemberId, MemberAccess>
  /** Who was in and is not any more, with what of theirs still counts. */
  readonly removed: ReadonlyMap<MemberId, RemovedMember>
  readonly invites: ReadonlyMap<OperationId, InviteAccess>
  readonly name: string
  readonly history: HistoryPolicy
  readonly isClosed: boolean
  /** Of a direct conversation: whose it is, who began it first. Nobody else ever comes in. */
  readonly pair: readonly [MemberId, MemberId] | undefined
  /** Operations that count; what neither stands nor is void waits for what it knows, or never counts (rule 1). */
  readonly stands: ReadonlySet<OperationId>
  /** Operations that do not count, and why. */
  readonly void: ReadonlyMap<OperationId, string>
}

export interface MemberAccess {
  readonly role: Role
  readonly devices: ReadonlySet<DeviceId>
  /** Devices that were revoked, with the last sequence that counts. */
  readonly revoked: LastKnown
  /** Of an observer: up to which sequence of each device what they said counts. Nothing else does. */
  readonly wrote: LastKnown | undefined
  /** Who had revoked the invite by which this member came, unknown to whoever let them in. */
  readonly despite: ReadonlySet<MemberId>
}

export interface RemovedMember {
  readonly by: OperationId
  readonly isBanned: boolean
  /** Left by themselves. */
  readonly isOwn: boolean
  /** By the removals that nothing later knew, and the revocations, the least of what they name for each device (`lastOf`). */
  readonly last: LastKnown
  /** As of a member: these devices do not come back. */
  readonly revoked: LastKnown
}

export interface InviteAccess {
  readonly role: Role
  readonly expires: number
  readonly uses: number
  readonly used: number
  readonly isRevoked: boolean
}

/** Up to which sequence what this device said counts; undefined for a device of nobody who is or was in. */
export function writesUpTo(access: Access, member: MemberId, device: DeviceId): number | undefined {
  const removed = access.removed.get(member)
  if (removed !== undefined) return removed.last.get(device) ?? 0
  const { devices, revoked, wrote } = access.members.get(member) ?? {}
  const upTo = devices?.has(device) === true ? Number.POSITIVE_INFINITY : revoked?.get(device)
  return wrote === undefined || upTo === undefined ? upTo : (wrote.get(device) ?? 0)
}
