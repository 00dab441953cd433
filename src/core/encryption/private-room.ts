import {
  CappedMap,
  expectValue,
  failure,
  fromHex,
  success,
  toHex,
  type Millis,
  type RandomBytes,
  type Result
} from '../bytes/index.ts'
import type { DeviceCertificate, DeviceId, MemberId } from '../identity/index.ts'
import {
  decodeOperation,
  encodeOperation,
  headsOf,
  pastOf,
  resolveAccess,
  type Access,
  type Action,
  type HistoryPolicy,
  type Operation,
  type OperationContent,
  type OperationId
} from './access/index.ts'
import {
  decodeClaim,
  encodeClaim,
  EpochGraph,
  hashOf,
  noteOf,
  type CommitClaim,
  type EpochId,
  type EpochNode,
  type GroupDevice,
  type GroupKeys,
  type GroupState,
  type KeyPackage
} from './epochs/index.ts'
import { newGeneration, openGeneration, sealGeneration, type Generation } from './generation.ts'

/** Kinds of control entries, behind those of chat. */
export const OPERATION_KIND = 16
export const COMMIT_KIND = 17

/** What a control entry is to say; sealed and signed by whoever writes the log. */
export interface ControlWords {
  readonly kind: typeof OPERATION_KIND | typeof COMMIT_KIND
  readonly content: Uint8Array
}

/** A control entry that opened and whose author signed it. */
export interface ControlEntry {
  readonly id: OperationId
  readonly device: DeviceId
  readonly kind: number
  readonly content: Uint8Array
}

export interface PrivateRoomDeps {
  readonly keys: GroupKeys
  readonly random: RandomBytes
  readonly device: GroupDevice
  readonly certificate: DeviceCertificate
  readonly keyPackage: KeyPackage
}

/** A commit of this device: what it leads to must be stored with the entry, for nobody can open one's own commit again. */
export interface OwnCommit {
  readonly words: ControlWords
  readonly claim: CommitClaim
  readonly state: GroupState
}

/** `waits`: for what it stands on. `full`: no more are taken. */
export type TakenControl = 'taken' | 'waits' | 'void' | 'full'

/** What a room of 150 devices comes to in years. Of the devices and key packages that they bring there are no more. */
const MAX_OPERATIONS = 16_384
/** Entries that wait for what they stand on. */
const MAX_WAITING = 256
/** What the log came to at the places that commits cite. */
const MAX_ACCESS_VIEWS = 256

/** A room that begins: the words of `create`, and the room once these have an id, which is the room's. */
export interface Founding {
  readonly words: ControlWords
  readonly generation: Generation
  begin(id: OperationId, now: Millis): Promise<PrivateRoom>
}

export async function foundPrivateRoom(
  deps: PrivateRoomDeps,
  { name, history }: { readonly name: string; readonly history: HistoryPolicy }
): Promise<Founding> {
  const { keys, random, device, certificate, keyPackage } = deps
  const groupId = random(32)
  const state = await keys.create(groupId, device)
  const keyHash = expectValue(fromHex(hashOf(await keys.secretFor(state, 'content'))))
  const beginning = { groupId, epoch: expectValue(fromHex(state.epoch)), keyHash }
  const action = { kind: 'create', device: device.id, name, history } as const
  const content = encodeOperation({ ...NOTHING, action, certificate, beginning, keyPackage: keyPackage.shown })
  const generation = newGeneration(random)
  const words = { kind: OPERATION_KIND, content } as const
  return {
    words,
    generation,
    async begin(id, now) {
      const room = new PrivateRoom(deps, id, new Map([[state.epoch, generation]]))
      await room.take({ id, device: device.id, ...words }, now)
      await room.open(state)
      return room
    }
  }
}

const NOTHING = {
  parents: [],
  previous: undefined,
  certificate: undefined,
  keyPackage: undefined,
  beginning: undefined,
  inviteKey: undefined
} as const satisfies Partial<OperationContent>

/**
 * A private room as its control entries make it: who may do what, which epochs there are, and what is sealed with what. Knows nothing
 * of stores, of the network, or of what is said.
 *
 * 1. What it comes to follows from the set of entries taken, whatever order they came in, and from what this device can open.
 * 2. It makes words; whoever writes the log seals and stores them, and then gives them back to be taken.
 */
export class PrivateRoom {
  readonly id: OperationId
  readonly #deps: PrivateRoomDeps
  readonly #operations = new Map<OperationId, Operation>()
  readonly #keyPackages = new Map<DeviceId, Uint8Array>()
  readonly #memberOf = new Map<DeviceId, MemberId>()
  readonly #waiting = new CappedMap<OperationId, ControlEntry>(MAX_WAITING)
  readonly #accessAt = new CappedMap<string, Access>(MAX_ACCESS_VIEWS)
  /** By the epoch that each began with: one for each removal at the most. */
  readonly #generations: Map<EpochId, Generation>
  #previous: OperationId | undefined
  #access: Access | undefined
  #graph: EpochGraph | undefined

  /** @param generations those that this device was given when it came in, the room's first at least */
  constructor(deps: PrivateRoomDeps, id: OperationId, generations: ReadonlyMap<EpochId, Generation>) {
    this.#deps = deps
    this.id = id
    this.#generations = new Map(generations)
  }

  /** Takes in a control entry, and what waited for it. */
  async take(entry: ControlEntry, now: Millis): Promise<TakenControl> {
    const taken = await this.#take(entry, now)
    if (taken === 'waits') this.#waiting.set(entry.id, entry)
    if (taken === 'taken') await this.#takeWaiting(now)
    return taken
  }

  /** The founder's own first epoch. */
  async open(state: GroupState): Promise<void> {
    await this.#graph?.open(state)
  }

  access(): Access {
    this.#access ??= resolveAccess(this.#operations.values(), this.id)
    return this.#access
  }

  /** What this device is to say, standing above all that it knows; refused when it may not. */
  say(action: Exclude<Action, { kind: 'create' }>, more: Partial<OperationContent> = {}): Result<ControlWords> {
    const parents = headsOf(this.#operations)
    const content = { ...NOTHING, ...more, parents, previous: this.#previous, action }
    const tried = { id: 'tried' as OperationId, author: this.#self, parents, previous: this.#previous, action }
    const access = resolveAccess([...this.#operations.values(), tried], this.id)
    if (!access.stands.has(tried.id)) return failure(access.void.get(tried.id) ?? 'it does not count')
    return success({ kind: OPERATION_KIND, content: encodeOperation(content) })
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

  /** A commit by which the group becomes the members' devices; undefined when it is, or this device is not in. */
  async carryOut(): Promise<OwnCommit | undefined> {
    const plan = this.#graph?.plan(this.access(), device => this.#keyPackages.has(device))
    const tip = this.#graph?.tip(this.access())
    if (plan === undefined || tip === undefined) return undefined
    const cites = headsOf(this.#operations)
    const add = plan.add.flatMap(device => this.#keyPackages.get(device) ?? [])
    const change = { add, remove: plan.remove, note: noteOf(cites) }
    const { keys, device, random } = this.#deps
    const committed = expectValue(await keys.commit(tip.state, device, change))
    const { state, commit, welcome } = committed
    const generationKey = await keys.secretFor(state, 'generation')
    const claim: CommitClaim = {
      parent: tip.epoch,
      epoch: state.epoch,
      committer: this.#self,
      device: device.id,
      cites,
      added: plan.add,
      removed: plan.remove,
      keyHash: hashOf(await keys.secretFor(state, 'content')),
      generation: plan.remove.length > 0 ? sealGeneration(generationKey, newGeneration(random)) : undefined,
      commit,
      welcome: plan.add.length > 0 ? welcome : undefined
    }
    return { words: { kind: COMMIT_KIND, content: encodeClaim(claim) }, claim, state }
  }

  /** An own commit is durable. */
  async takeOwn({ claim, state }: OwnCommit, now: Millis): Promise<void> {
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

  /** All that are known here, by the epoch that each began with: a newcomer needs them to check what was done from the beginning. */
  generations(): ReadonlyMap<EpochId, Generation> {
    return this.#generations
  }

  /** By which members meet now: that of the last removal on the way to the tip; undefined while it is not known here. */
  currentGeneration(): Generation | undefined {
    const graph = this.#graph
    let node: EpochNode | undefined = graph?.tip(this.access())
    while (node?.began !== undefined && node.began.generation === undefined) node = graph?.get(node.began.parent)
    return node && this.#generations.get(node.epoch)
  }

  get #self(): MemberId {
    return this.#deps.certificate.member
  }

  async #take(entry: ControlEntry, now: Millis): Promise<TakenControl> {
    if (entry.kind === OPERATION_KIND) return this.#takeOperation(entry, now)
    return entry.kind === COMMIT_KIND ? this.#takeCommit(entry, now) : 'void'
  }

  async #takeWaiting(now: Millis): Promise<void> {
    for (let isNew = true; isNew;) {
      isNew = false
      for (const entry of [...this.#waiting.values()]) {
        const taken = await this.#take(entry, now)
        if (taken !== 'waits') this.#waiting.delete(entry.id)
        if (taken === 'taken') isNew = true
      }
    }
  }

  async #takeOperation({ id, device, content }: ControlEntry, now: Millis): Promise<TakenControl> {
    if (this.#operations.has(id)) return 'taken'
    const decoded = await decodeOperation(content)
    if (!decoded.ok) return 'void'
    const { parents, previous, action, certificate, keyPackage, beginning } = decoded.value
    if (action.kind === 'create' && (id !== this.id || certificate?.device !== device)) return 'void'
    // Who brings a device says whose it is; every other author was brought before.
    const author = action.kind === 'create' ? certificate?.member : this.#memberOf.get(device)
    if (author === undefined || parents.some(parent => !this.#operations.has(parent))) return 'waits'
    if (action.kind === 'device' && certificate?.member !== author) return 'void'
    if (this.#operations.size >= MAX_OPERATIONS) return 'full'
    this.#operations.set(id, { id, author, parents, previous, action })
    this.#access = undefined
    if (device === this.#deps.device.id) this.#previous = id
    if (certificate !== undefined && !this.#memberOf.has(certificate.device)) {
      this.#memberOf.set(certificate.device, certificate.member)
    }
    if (certificate !== undefined && keyPackage !== undefined) this.#keyPackages.set(certificate.device, keyPackage)
    if (beginning !== undefined)
      this.#begin(device, { epoch: toHex(beginning.epoch) as EpochId, keyHash: toHex(beginning.keyHash) }, now)
    await this.#graph?.takeWaiting(now)
    await this.#openGenerations()
    return 'taken'
  }

  #begin(device: DeviceId, first: { readonly epoch: EpochId; readonly keyHash: string }, now: Millis): void {
    const { keys, device: self, keyPackage } = this.#deps
    const accessAt = (cites: readonly OperationId[]): Access | undefined => this.#accessWith(cites)
    this.#graph = new EpochGraph({ keys, device: self, keyPackage, accessAt }, { ...first, device }, now)
  }

  async #takeCommit({ device, content }: ControlEntry, now: Millis): Promise<TakenControl> {
    const decoded = decodeClaim(content)
    if (!decoded.ok) return 'void'
    const committer = this.#memberOf.get(device)
    if (committer === undefined || this.#graph === undefined) return 'waits'
    const taken = await this.#graph.take({ ...decoded.value, committer, device }, now)
    await this.#openGenerations()
    // What waits, waits in the graph.
    return taken === 'waits' ? 'taken' : taken
  }

  async #openGenerations(): Promise<void> {
    for (const { epoch, state, began } of this.#graph?.removals() ?? []) {
      if (this.#generations.has(epoch) || state === undefined || began?.generation === undefined) continue
      const key = await this.#deps.keys.secretFor(state, 'generation')
      const generation = openGeneration(key, began.generation)
      if (generation !== undefined) this.#generations.set(epoch, generation)
    }
  }

  #accessWith(cites: readonly OperationId[]): Access | undefined {
    const key = cites.join()
    const known = this.#accessAt.get(key)
    if (known !== undefined) return known
    const past = pastOf(cites, this.#operations)
    if (past === undefined) return undefined
    const access = resolveAccess(past, this.id)
    this.#accessAt.set(key, access)
    return access
  }
}
