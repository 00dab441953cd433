import type { DeviceId, MemberId } from '../../identity/index.ts'

/** The id of the control entry that carries the operation. The id of `create` is the room's. */
export type OperationId = string & { readonly __brand: 'OperationId' }

/**
 * `owner` everything · `admin` invites, admits, removes and changes those below · `member` writes, and admits who shows an
 * invite · `observer` reads.
 */
export const ROLES = ['observer', 'member', 'admin', 'owner'] as const
export type Role = (typeof ROLES)[number]

/** What newcomers are given of the history: nothing, all since they joined, the last so many entries, or all. */
export type HistoryPolicy = 'none' | 'joined' | 'all' | number

/** The last sequence that the remover knows of each device of who is removed: what comes later is void. */
export type LastKnown = ReadonlyMap<DeviceId, number>

export type Action =
  /** Begins the room, with its author as owner. */
  | {
      readonly kind: 'create'
      readonly device: DeviceId
      readonly name: string
      readonly history: HistoryPolicy
      /** Of a direct conversation: who alone may come in. */
      readonly other?: MemberId
    }
  | {
      readonly kind: 'admit'
      readonly member: MemberId
      readonly device: DeviceId
      readonly role: Role
      /** What entitled it; without one, an admin's own word does. */
      readonly invite?: OperationId
    }
  /** `last`: of who becomes an observer, as in `remove`. */
  | { readonly kind: 'role'; readonly member: MemberId; readonly role: Role; readonly last?: LastKnown }
  /** Of oneself: leaving. A ban holds against invites. Open invites of who is removed go, too, unless they are kept. */
  | {
      readonly kind: 'remove'
      readonly member: MemberId
      readonly last: LastKnown
      readonly bans?: boolean
      readonly keepsInvites?: boolean
    }
  /** `expires` is judged by the clock of who admits. */
  | { readonly kind: 'invite'; readonly role: Role; readonly expires: number; readonly uses: number }
  | { readonly kind: 'revoke'; readonly invite: OperationId }
  | { readonly kind: 'policy'; readonly name?: string; readonly history?: HistoryPolicy }
  /** The member's root has certified it, which is all that it takes: any member may say so. */
  | { readonly kind: 'device'; readonly member: MemberId; readonly device: DeviceId }
  | { readonly kind: 'revoke-device'; readonly member: MemberId; readonly device: DeviceId; readonly last: number }
  | { readonly kind: 'close' }

/** One step of a room's access control, as opened and found genuine: signed by a device that its author's root certified. */
export interface Operation {
  readonly id: OperationId
  readonly author: MemberId
  /** By which its author said it. */
  readonly device: DeviceId
  /** The heads of what its author's device knew, its own previous operation among them or below. */
  readonly parents: readonly OperationId[]
  /** The device's own previous operation. */
  readonly previous: OperationId | undefined
  readonly action: Action
}

export function rankOf(role: Role): number {
  return ROLES.indexOf(role)
}

/** Whose standing the operation changes. */
export function subjectOf({ author, action }: Operation): MemberId | undefined {
  if (action.kind === 'create') return author
  return action.kind === 'admit' || action.kind === 'role' || action.kind === 'remove' ? action.member : undefined
}
