import type { RandomBytes } from '../bytes/index.ts'
import type { DeviceCertificate, DeviceId } from '../identity/index.ts'
import type { OperationId } from './access/index.ts'
import { COMMIT_KIND, type OwnCommit } from './control-words.ts'
import {
  encodeClaim,
  epochIdOf,
  hashOf,
  noteOf,
  type Committed,
  type EpochId,
  type GroupDevice,
  type GroupKeys,
  type GroupState
} from './epochs/index.ts'
import { newGeneration, sealGeneration } from './generation.ts'
import type { KeyPackages } from './key-packages.ts'

export interface OwnCommitDeps {
  readonly keys: GroupKeys
  readonly random: RandomBytes
  readonly device: GroupDevice
  readonly certificate: DeviceCertificate
}

/** What a commit of this device does, and what justifies it. */
interface Carried {
  readonly parent: EpochId
  readonly cites: readonly OperationId[]
  readonly added: readonly DeviceId[]
  readonly removed: readonly DeviceId[]
}

/** A commit that this device made, with what is claimed of it. */
export async function ownCommit(
  { keys, random, device, certificate }: OwnCommitDeps,
  { state, commit, welcome }: Committed,
  carried: Carried
): Promise<OwnCommit> {
  const isRemoval = carried.removed.length > 0
  const said = {
    ...carried,
    groupEpoch: state.epoch,
    keyHash: hashOf(await keys.secretFor(state, 'content')),
    generation: isRemoval
      ? sealGeneration(await keys.secretFor(state, 'generation'), newGeneration(random))
      : undefined,
    commit,
    welcome: carried.added.length > 0 ? welcome : undefined
  }
  const content = encodeClaim(said)
  const whose = { committer: certificate.member, device: device.id }
  const claim = { ...said, ...whose, epoch: epochIdOf(device.id, content) }
  return { words: { kind: COMMIT_KIND, content }, claim, state }
}

/** Of these devices those with whose key packages, well-formed as they are, nobody can be added here. */
export async function unfitOf(
  { keys, device }: OwnCommitDeps,
  state: GroupState,
  keyPackages: KeyPackages,
  devices: readonly DeviceId[]
): Promise<DeviceId[]> {
  const fit: Uint8Array[] = []
  const unfit: DeviceId[] = []
  for (const each of devices) {
    const shown = keyPackages.get(each)
    if (shown === undefined) continue
    const tried = await keys.commit(state, device, { add: [...fit, shown], remove: [], note: noteOf([]) })
    if (tried.ok) fit.push(shown)
    else unfit.push(each)
  }
  return unfit
}
