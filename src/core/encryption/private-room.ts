import {
  CappedMap,
  expectValue,
  failure,
  success,
  toHex,
  type Millis,
  type RandomBytes,
  type Result
} from '../bytes/index.ts'
import type { DeviceCertificate, DeviceId, MemberId } from '../identity/index.ts'
import type { EntryId } from '../log/index.ts'
import {
  AccessViews,
  decodeOperation,
  encodeOperation,
  endsOf,
  resolveAccess,
  writesUpTo,
  type Access,
  type Action,
  type Operation,
  type OperationContent,
  type OperationId
} from './access/index.ts'
import {
  decodeClaim,
  EpochGraph,
  epochIdOf,
  justifiedBy,
  noteOf,
  type EpochId,
  type GroupDevice,
  type GroupKeys,
  type GroupState,
  type KeyPackage,
  type StoredGraph
} from './epochs/index.ts'
import {
  COMMIT_KIND,
  NOTHING_BESIDE,
  OPERATION_KIND,
  type Arrived,
  type ControlEntry,
  type ControlWords,
  type OwnCommit,
  type TakenControl
} from './control-words.ts'
import { DeviceOwners } from './device-owners.ts'
import { ErasingKeys } from './erasing-keys.ts'
import type { Generation } from './generation.ts'
import { Generations } from './generations.ts'
import { HandingOver } from './handing-over.ts'
import { KeyPackages } from './key-packages.ts'
import { ownCommit, unfitOf } from './own-commit.ts'
import { RoomQuotas } from './room-quotas.ts'

export interface PrivateRoomDeps {
  readonly keys: GroupKeys
  readonly random: RandomBytes
  readonly device: GroupDevice
  readonly certificate: DeviceCertificate
  readonly keyPackage: KeyPackage
}

/** Entries that wait for what they stand on. */
const MAX_WAITING = 256

/** What a device was given, or had stored, before it reads the log. */
export interface Given {
  /** By the epoch that each began with: the room's first at least. */
  readonly generations: ReadonlyMap<EpochId, Generation>
  /** Content keys that members handed over, of epochs before this device came in. */
  readonly contentKeys?: ReadonlyMap<EpochId, Uint8Array>
  /** Keys of single entries of such epochs. */
  readonly bodyKeys?: ReadonlyMap<EntryId, Uint8Array>
  /** As `epochs` gave it. */
  readonly epochs?: StoredGraph | undefined
}

/**
 * A private room as its control entries make it: who may do what, which epochs there are, and what is sealed with what. Knows nothing
 * of stores, of the network, or of what is said.
 *
 * 1. What it comes to follows from the set of entries taken, whatever order they came in, and from what this device can open.
 * 2. It makes words; whoever writes the log seals and stores them, and then gives them back to be taken.
 * 3. How many of whom it takes: `member-quota.ts`.
 */
export class PrivateRoom {
  readonly id: OperationId
  /** What members give to one another of what the log brings to nobody. */
  readonly handing: HandingOver
  readonly quotas = new RoomQuotas(
    () => this.access(),
    () => this.#accessBefore
  )
  readonly erasing: ErasingKeys
  readonly #deps: PrivateRoomDeps
  readonly #operations = new Map<OperationId, Operation>()
  readonly keyPackages: KeyPackages
  readonly #inviteKeys = new Map<OperationId, Uint8Array>()
  readonly #handedOver: Map<EpochId, Uint8Array>
  readonly #storedEpochs: StoredGraph | undefined
  readonly owners = new DeviceOwners()
  readonly #waiting = new CappedMap<OperationId, Arrived>(MAX_WAITING)
  readonly #views: AccessViews
  readonly #generations: Generations
  /** What was taken in since it was asked. */
  readonly #news: OperationId[] = []
  #previous: OperationId | undefined
  #access: Access | undefined
  #accessBefore: Access | undefined
  #graph: EpochGraph | undefined

  constructor(deps: PrivateRoomDeps, id: OperationId, { generations, contentKeys, bodyKeys, epochs }: Given) {
    this.#deps = deps
    this.id = id
    this.keyPackages = new KeyPackages(deps.keys)
    this.#views = new AccessViews(this.#operations, id)
    this.#generations = new Generations(generations)
    this.#handedOver = new Map(contentKeys)
    this.#storedEpochs = epochs
    const view = () => this.#graph && { access: this.access(), graph: this.#graph, generations: this.#generations }
    this.erasing = new ErasingKeys(view, bodyKeys)
    this.handing = new HandingOver({ ...deps, view, ends: devices => this.#ends(devices) })
  }

  /** Takes in a control entry, and what waited for it. One that is stored has its place. */
  async take(entry: ControlEntry, now: Millis, isStored = false): Promise<TakenControl> {
    const arrived = { ...entry, isStored }
    const taken = await this.#take(arrived, now)
    if (taken === 'waits') this.#waiting.set(entry.id, arrived)
    if (taken === 'taken') {
      this.#news.push(entry.id)
      await this.#takeWaiting(now)
    }
    return taken
  }

  /** Ids of what was taken in since the last call. */
  takeNews(): OperationId[] {
    return this.#news.splice(0)
  }

  /** Whether it waits here for what it stands on. */
  isWaiting(entry: OperationId): boolean {
    return this.#waiting.has(entry)
  }

  /** Of how many epochs it is known how they began. */
  get epochCount(): number {
    return this.#graph?.size ?? 0
  }

  /** Whether commits that wait were forgotten since this was asked before: they are to be taken again from the log. */
  takeForgotten(): boolean {
    return this.#graph?.takeForgotten() === true
  }

  /** The founder's own first epoch. */
  async open(state: GroupState): Promise<void> {
    await this.#graph?.open(state)
  }

  access(): Access {
    this.#access ??= resolveAccess(this.#operations.values(), this.id)
    this.#accessBefore = this.#access
    return this.#access
  }

  memberOf(device: DeviceId): MemberId | undefined {
    return this.owners.now(device, () => this.access())
  }

  /** Up to which sequence what this device said counts; undefined for one that is not known. */
  writesUpTo(device: DeviceId): number | undefined {
    const member = this.memberOf(device)
    return member && writesUpTo(this.access(), member, device)
  }

  /** The public half of an invite, 32 bytes. */
  inviteKey(invite: OperationId): Uint8Array | undefined {
    return this.#inviteKeys.get(invite)
  }

  /** What this device is to say, standing above all that it knows; refused when it may not. */
  say(action: Exclude<Action, { kind: 'create' }>, more: Partial<OperationContent> = {}): Result<ControlWords> {
    const said = { parents: this.#ends(), previous: this.#previous, action }
    const tried = { id: 'tried' as OperationId, author: this.#self, device: this.#deps.device.id, ...said }
    const access = resolveAccess([...this.#operations.values(), tried], this.id)
    if (!access.stands.has(tried.id)) return failure(access.void.get(tried.id) ?? 'it does not count')
    if (!this.quotas.maySay(this.#self, action)) return failure('you have done here as much as one may')
    return success({ kind: OPERATION_KIND, content: encodeOperation({ ...NOTHING_BESIDE, ...more, ...said }) })
  }

  /** Lets a device in, with what it showed. */
  admit(
    certificate: DeviceCertificate,
    keyPackage: Uint8Array,
    how: Omit<Extract<Action, { kind: 'admit' }>, 'kind' | 'member' | 'device'>
  ): Result<ControlWords> {
    const { member, device } = certificate
    return this.say({ kind: 'admit', member, device, ...how }, { certificate, keyPackage })
  }

  /** Whether this device was let in with the key package that it has now. */
  get isLetIn(): boolean {
    return this.keyPackages.isUsed(this.#deps.keyPackage.shown)
  }

  /** Whether the group is not the members' devices. */
  isCommitDue(): boolean {
    return this.#plan() !== undefined
  }

  /** Whoever leaves has others commit to that: MLS lets nobody remove themselves (RFC 9420, 12.2). */
  #plan() {
    const plan = this.#graph?.plan(this.access(), device => this.keyPackages.has(device))
    if (plan === undefined || plan.remove.includes(this.#deps.device.id)) return undefined
    return this.quotas.commits.hasPlace(this.#self) ? plan : undefined
  }

  /** A commit by which the group becomes the members' devices; undefined when it is, or this device is not in. */
  async carryOut(): Promise<OwnCommit | undefined> {
    const due = this.#plan()
    const tip = this.#graph?.tip(this.access())
    if (due === undefined || tip === undefined) return undefined
    const cites = this.#ends([...due.add, ...due.remove])
    const plan = justifiedBy(this.#views.at(cites), due)
    if (plan === undefined) return undefined
    const add = plan.add.flatMap(device => this.keyPackages.get(device) ?? [])
    const change = { add, remove: plan.remove, note: noteOf(cites) }
    const committed = await this.#deps.keys.commit(tip.state, this.#deps.device, change)
    if (!committed.ok) {
      const unfit = await unfitOf(this.#deps, tip.state, this.keyPackages, plan.add)
      this.keyPackages.discard(unfit)
      if (unfit.length > 0) return this.carryOut()
    }
    const carried = { parent: tip.epoch, cites, added: plan.add, removed: plan.remove }
    return ownCommit(this.#deps, expectValue(committed), carried)
  }

  /** An own commit is durable. */
  async takeOwn({ claim, state }: OwnCommit, now: Millis): Promise<void> {
    this.quotas.commits.count(claim.epoch, this.#self)
    await this.#graph?.takeOwn(claim, state, now)
    await this.#openGenerations()
  }

  /** The epoch to seal under; undefined while this device is not in, or others are who should not be. */
  sealingEpoch(): EpochId | undefined {
    const access = this.access()
    return this.#graph?.maySeal(access) === true ? this.#graph.tip(access)?.epoch : undefined
  }

  contentKey(epoch: EpochId): Uint8Array | undefined {
    return this.#graph?.contentKey(epoch)
  }

  /** Whether this device is not to read what was said in that epoch: it was not in, and nobody handed the key over. */
  isWithheld(epoch: EpochId): boolean {
    const graph = this.#graph
    if (graph?.get(epoch) === undefined || graph.contentKey(epoch) !== undefined) return false
    return !graph.devicesAt(epoch).has(this.#deps.device.id)
  }

  /** The epochs as they are to be stored; undefined before the room's beginning is known. */
  epochs(): StoredGraph | undefined {
    return this.#graph?.stored()
  }

  /** The content keys that are here; of a member those of the epochs that a device of theirs was in. */
  contentKeys(of?: MemberId): ReadonlyMap<EpochId, Uint8Array> {
    const isIn = (epoch: EpochId): boolean =>
      [...(this.#graph?.devicesAt(epoch) ?? [])].some(device => this.memberOf(device) === of)
    return new Map(this.#graph?.stored().contentKeys.filter(([epoch]) => of === undefined || isIn(epoch)))
  }

  /** Content keys handed over, of epochs that are not known yet. */
  handedOver(): ReadonlyMap<EpochId, Uint8Array> {
    return this.#handedOver
  }

  /** Erases states whose time is over; whether there were any. */
  prune(now: Millis): boolean {
    return (this.#graph?.prune(this.access(), now).length ?? 0) > 0
  }

  /** A generation by its id (`generationId`, in hex). */
  generation(id: string): Generation | undefined {
    return this.#generations.find(id)
  }

  /** Under which members meet: the generation of now first, then those before it while they count, newest first. */
  meetingGenerations(now: Millis): Generation[] {
    return this.#generations.meeting(this.currentGeneration(), this.#graph, now)
  }

  /** All that are known here, newest first, by the epoch that each began with. */
  generations(): ReadonlyMap<EpochId, Generation> {
    return this.#generations.newestFirst(this.currentGeneration(), this.#graph)
  }

  /** By which members meet now: that of the last removal on the way to the tip; undefined while it is not known here. */
  currentGeneration(): Generation | undefined {
    return this.#graph && this.#generations.at(this.#graph.tip(this.access()), this.#graph)
  }

  /** What is to be said stands above these. */
  #ends(devices: readonly DeviceId[] = []): OperationId[] {
    const [operations, previous, { stands }] = [this.#operations, this.#previous, this.access()]
    const view = { operations, memberOf: (device: DeviceId) => this.memberOf(device), previous, stands }
    return endsOf(view, new Set([this.#deps.device.id, ...devices]))
  }

  get #self(): MemberId {
    return this.#deps.certificate.member
  }

  async #take(entry: Arrived, now: Millis): Promise<TakenControl> {
    if (entry.kind === OPERATION_KIND) return this.#takeOperation(entry, now)
    return entry.kind === COMMIT_KIND ? this.#takeCommit(entry, now) : 'void'
  }

  async #takeWaiting(now: Millis): Promise<void> {
    for (let before = -1; before !== this.#news.length;) {
      before = this.#news.length
      for (const entry of [...this.#waiting.values()]) {
        const taken = await this.#take(entry, now)
        if (taken !== 'waits') this.#waiting.delete(entry.id)
        if (taken === 'taken') this.#news.push(entry.id)
      }
    }
  }

  async #takeOperation({ id, device, content, isStored }: Arrived, now: Millis): Promise<TakenControl> {
    if (this.#operations.has(id)) return 'taken'
    const decoded = await decodeOperation(content)
    if (!decoded.ok) return 'void'
    const { action, certificate, keyPackage, beginning, inviteKey, ...rest } = decoded.value
    if (action.kind === 'create' && (id !== this.id || certificate?.device !== device)) return 'void'
    const lacked = rest.parents.filter(parent => !this.#operations.has(parent))
    if (lacked.length > 0) {
      const by = this.memberOf(device)
      if (by !== undefined) this.quotas.operations.lacks(lacked, id, by)
      return 'waits'
    }
    const author = action.kind === 'create' ? certificate?.member : this.owners.authorOf(device, rest, this.#operations)
    if (author === undefined) return 'void'
    if (!this.quotas.operations.take({ entry: id, id, author, isStored })) return 'full'
    this.#operations.set(id, { id, author, device, action, ...rest })
    this.#access = undefined
    if (device === this.#deps.device.id) this.#previous = id
    if (certificate !== undefined) {
      this.owners.add(id, certificate)
      this.quotas.noteBrought(certificate.member, author)
    }
    if (certificate !== undefined && keyPackage !== undefined)
      await this.keyPackages.take(certificate.device, keyPackage)
    if (inviteKey !== undefined) this.#inviteKeys.set(id, inviteKey)
    if (beginning !== undefined)
      this.#begin(device, { epoch: toHex(beginning.epoch) as EpochId, keyHash: toHex(beginning.keyHash) }, now)
    await this.#graph?.takeWaiting(now)
    await this.#openGenerations()
    return 'taken'
  }

  #begin(device: DeviceId, first: { readonly epoch: EpochId; readonly keyHash: string }, now: Millis): void {
    const graphDeps = { ...this.#deps, accessAt: this.#views.at.bind(this.#views) }
    this.#graph =
      this.#storedEpochs === undefined
        ? new EpochGraph(graphDeps, { ...first, device }, now)
        : EpochGraph.restore(graphDeps, this.#storedEpochs)
  }

  async #takeCommit({ id, device, content, isStored }: Arrived, now: Millis): Promise<TakenControl> {
    const decoded = decodeClaim(content)
    if (!decoded.ok) return 'void'
    const committer = this.memberOf(device)
    if (committer === undefined || this.#graph === undefined) return 'waits'
    const { parent, cites } = decoded.value
    const epoch = epochIdOf(device, content)
    const lacked = cites.filter(each => !this.#operations.has(each))
    this.quotas.commitLacks({ epoch, committer }, lacked, this.#graph.get(parent) === undefined ? [parent] : [])
    const entry = device === this.#deps.device.id ? epoch : id
    if (!this.quotas.commits.take({ entry, id: epoch, author: committer, isStored })) return 'full'
    const taken = await this.#graph.take({ ...decoded.value, epoch, committer, device }, now)
    await this.#openGenerations()
    // What waits, waits in the graph.
    return taken === 'waits' ? 'taken' : taken
  }

  /** What epochs that have come to be known give: the generations that begin there, and a use for keys that were handed over. */
  async #openGenerations(): Promise<void> {
    for (const [epoch, key] of this.#handedOver)
      if (this.#graph?.takeKey(epoch, key) === true) this.#handedOver.delete(epoch)
    if (this.#graph !== undefined) await this.#generations.open(this.#graph, this.#deps.keys)
  }
}
