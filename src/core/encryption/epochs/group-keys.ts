import type { Result } from '../../bytes/index.ts'
import type { DeviceId } from '../../identity/index.ts'

/** What the scheme calls an epoch: 16 bytes in hex, others on every branch. */
export type GroupEpoch = string & { readonly __brand: 'GroupEpoch' }

/**
 * A scheme by which a group of devices agrees on a secret for each epoch, as the layers around it see it: a port. MLS implements it
 * (`mls/`), and for model tests a fake. Who belongs to the group is not its affair: it carries out what it is told.
 *
 * 1. States are values: no call changes one, so that several branches can be gone on from.
 * 2. Whatever comes from others is refused with a reason, never thrown.
 * 3. Commits are told apart by the epoch they begin, which is unique on every branch.
 */
export interface GroupKeys {
  /** What others need to add this device, and what this device then needs to come in. Each is good for one group, on any branch. */
  createKeyPackage(device: GroupDevice): Promise<KeyPackage>
  /** Whose key package this is. */
  deviceOf(shownKeyPackage: Uint8Array): Promise<Result<DeviceId>>
  /** A group of this device alone. */
  create(groupId: Uint8Array, device: GroupDevice): Promise<GroupState>
  /** Changes who is in; renews this device's own leaf, unless it only adds. */
  commit(state: GroupState, device: GroupDevice, change: GroupChange): Promise<Result<Committed>>
  /** What a commit of another device makes of the state that it was made in. */
  process(state: GroupState, commit: Uint8Array): Promise<Result<Processed>>
  /** The state that a device which was added begins with. */
  join(welcome: Uint8Array, device: GroupDevice, keyPackage: KeyPackage): Promise<Result<GroupState>>
  /** What a device needs to come in by itself, where the access-control log says that it belongs in. */
  groupInfo(state: GroupState): Promise<Uint8Array>
  /** Comes in by a commit of its own; a leaf that this device had is replaced. */
  joinByItself(groupInfo: Uint8Array, device: GroupDevice, note: Uint8Array): Promise<Result<CommittedFromOutside>>
  /** 32 bytes that all who are in this epoch can derive and nobody else, for one purpose each. */
  secretFor(state: GroupState, purpose: string): Promise<Uint8Array>
  /** The inverse of each other. The bytes hold private keys in clear. */
  encode(state: GroupState): Uint8Array
  decode(bytes: Uint8Array): Result<GroupState>
}

/** What others need to add a device, and what the device needs to come in then. */
export interface KeyPackage {
  readonly shown: Uint8Array
  readonly secret: Uint8Array
}

/** A device with its signing key, as the scheme needs it. */
export interface GroupDevice {
  readonly id: DeviceId
  /** Ed25519 private seed, 32 bytes. */
  readonly signingKey: Uint8Array
}

/** An epoch as one device holds it. Its secrets are for the scheme alone. */
export interface GroupState {
  readonly epoch: GroupEpoch
  readonly devices: readonly DeviceId[]
}

export interface GroupChange {
  /** Key packages. */
  readonly add: readonly Uint8Array[]
  readonly remove: readonly DeviceId[]
  /** Goes with the commit, signed: what justifies it. */
  readonly note: Uint8Array
}

export interface Committed {
  readonly commit: Uint8Array
  /** For those who were added; none where nobody was. */
  readonly welcome: Uint8Array | undefined
  readonly state: GroupState
}

export interface CommittedFromOutside extends Committed {
  /** The epoch that the group info is of. */
  readonly parent: GroupEpoch
}

export interface Processed {
  readonly state: GroupState
  readonly committer: DeviceId
  readonly added: readonly DeviceId[]
  readonly removed: readonly DeviceId[]
  readonly note: Uint8Array
}
