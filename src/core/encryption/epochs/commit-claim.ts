import { concatBytes, encodeUtf8, sha256, toHex } from '../../bytes/index.ts'
import type { DeviceId, MemberId } from '../../identity/index.ts'
import type { Access, OperationId } from '../access/index.ts'
import type { GroupEpoch } from './group-keys.ts'
import type { Commit, EpochId } from './winner.ts'

/**
 * What a member's device says of a commit that it made, signed, beside the commit itself: all that who cannot open the commit can
 * check of it. Who opens it checks that it is true.
 */
export interface CommitClaim {
  readonly parent: EpochId
  /** The epoch that it begins: a hash of all the rest. */
  readonly epoch: EpochId
  /** What the scheme calls that epoch. */
  readonly groupEpoch: GroupEpoch
  readonly committer: MemberId
  readonly device: DeviceId
  /** The heads of the operations that justify it. */
  readonly cites: readonly OperationId[]
  readonly added: readonly DeviceId[]
  readonly removed: readonly DeviceId[]
  /** SHA-256 of the content key of the epoch, in hex, by which a key that is handed over can be checked. */
  readonly keyHash: string
  /** Of a removal, and of nothing else: the secrets of the generation that begins with it, sealed for this epoch (`generation.ts`). */
  readonly generation: Uint8Array | undefined
  /** The scheme's own bytes. */
  readonly commit: Uint8Array
  readonly welcome: Uint8Array | undefined
}

/** What a commit is to change. */
export interface CommitPlan {
  readonly add: readonly DeviceId[]
  readonly remove: readonly DeviceId[]
}

/** Goes with the scheme's commit, signed there: what the claim must agree with. */
export function noteOf(cites: readonly OperationId[]): Uint8Array {
  return sha256(concatBytes([...cites].toSorted().map(id => encodeUtf8(`${id}\n`))))
}

export function hashOf(bytes: Uint8Array): string {
  return toHex(sha256(bytes))
}

/**
 * Why a claim does not count, or undefined when it does: by what it cites alone, so that it is the same for everybody at any
 * time. It may do nothing but what the cited operations come to, and renew its own leaf.
 */
export function faultOf(claim: CommitClaim, access: Access): string | undefined {
  const devices = devicesOf(access)
  if (access.members.get(claim.committer)?.devices.has(claim.device) !== true) return 'its committer is no member'
  if (claim.added.some(device => !devices.has(device))) return 'it adds whom nobody admitted'
  // From outside a device takes the place that it has: who was put out does not let itself in, whatever it cites.
  if (claim.added.includes(claim.device)) return 'it adds its own device'
  if (claim.removed.some(device => devices.has(device))) return 'it removes a member'
  if (claim.removed.length > 0 !== (claim.generation !== undefined)) return 'a generation begins with a removal'
  return undefined
}

/** With whose device made it, by what it cites; of two who both are in with that device the lower id. */
export function withCommitter(claim: CommitClaim, access: Access): CommitClaim {
  const owners = [...access.members].flatMap(([member, { devices }]) => (devices.has(claim.device) ? [member] : []))
  return { ...claim, committer: owners.toSorted()[0] ?? claim.committer }
}

/** What of a change is justified by what the operations cited come to; undefined: nothing is. */
export function justifiedBy(access: Access | undefined, { add, remove }: CommitPlan): CommitPlan | undefined {
  if (access === undefined) return undefined
  const devices = devicesOf(access)
  const justified = {
    add: add.filter(device => devices.has(device)),
    remove: remove.filter(device => !devices.has(device))
  }
  return justified.add.length + justified.remove.length > 0 ? justified : undefined
}

/** All devices that belong in the group. */
export function devicesOf(access: Access): Set<DeviceId> {
  return new Set([...access.members.values()].flatMap(({ devices }) => [...devices]))
}

type Begun = Pick<CommitClaim, 'parent' | 'epoch' | 'committer' | 'device' | 'removed'>

/** The claim as the choice of the winner sees it. */
export function commitOf({ parent, epoch, committer, device, removed }: Begun, access: Access): Commit {
  const counts = access.members.get(committer)?.devices.has(device) === true
  return { parent, epoch, committer, counts, removes: removed.length > 0 }
}

/** In bytes, as far as it differs much. */
export function sizeOf(claims: Iterable<CommitClaim>): number {
  return [...claims].reduce((sum, { commit, welcome }) => sum + commit.length + (welcome?.length ?? 0), 0)
}
