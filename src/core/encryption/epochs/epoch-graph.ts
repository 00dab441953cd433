import { CappedMap, equalBytes, type Millis } from '../../bytes/index.ts'
import type { DeviceId } from '../../identity/index.ts'
import type { Access, OperationId } from '../access/index.ts'
import {
  commitOf,
  devicesOf,
  faultOf,
  hashOf,
  noteOf,
  sizeOf,
  withCommitter,
  type CommitClaim,
  type CommitPlan
} from './commit-claim.ts'
import type { GroupDevice, GroupEpoch, GroupKeys, GroupState, KeyPackage } from './group-keys.ts'
import { winnerOf, type Commit, type EpochId } from './winner.ts'

export interface EpochGraphDeps {
  readonly keys: GroupKeys
  readonly device: GroupDevice
  /** What this device comes in with when it is added; undefined when it is spent. */
  readonly keyPackage: KeyPackage | undefined
  /** What the access-control log comes to with these operations and all they knew; undefined while one of them is missing. */
  readonly accessAt: (cites: readonly OperationId[]) => Access | undefined
  /** How the epoch to go on from is chosen, where a model plants a mistake in that. */
  readonly winner?: typeof winnerOf
}

/** Where the room began: an epoch of the founder's device alone. */
export interface FirstEpoch {
  readonly epoch: EpochId
  readonly device: DeviceId
  readonly keyHash: string
}

/** An epoch as this device knows it. */
export interface EpochNode {
  readonly epoch: EpochId
  /** From the first epoch on. */
  readonly depth: number
  /** How it began; undefined for the first. */
  readonly began: BegunBy | undefined
  readonly keyHash: string
  readonly seenAt: Millis
  /** Undefined where this device cannot open it, or not any more. */
  readonly state: GroupState | undefined
}

/** What is kept of a claim. */
type BegunBy = Omit<CommitClaim, 'cites' | 'keyHash' | 'commit' | 'welcome'>

/** An epoch that this device can go on from. */
export interface OpenEpoch extends EpochNode {
  readonly state: GroupState
}

/** `waits`: for its parent, or for operations that it cites. */
export type TakenClaim = 'taken' | 'waits' | 'void'

/** Commits that wait, as all do that come ahead of those they stand on: in a large group one takes up to some hundred KB. */
const MAX_WAITING = 1024
const MAX_WAITING_BYTES = 16 * 1024 * 1024
/** Sets of devices kept, as each follows from the one before. */
const MAX_DEVICE_SETS = 64
/** A state is kept until so many epochs came behind it and so much time has passed, and at most for so long. */
const KEPT_EPOCHS = 8
const KEPT_AT_LEAST: Millis = 72 * 3_600_000
/** After that, a winner which one member alone has built on is followed, too. */
const PATIENCE: Millis = 10 * 60_000
const KEPT_AT_MOST: Millis = 14 * 24 * 3_600_000

/**
 * The epochs of a room at one device, as a tree of commits.
 *
 * 1. Every commit that counts is taken, on every branch; which epoch is gone on from follows from the set of them alone.
 * 2. A commit counts by what it claims and cites, which all members can check; whether it opens here decides nothing for others.
 * 3. Who cannot open the winner goes on from the best branch that opens, and comes in by itself when others have built on the winner.
 * 4. What commits claimed is kept for ever, states for a while (`prune`): a branch that comes back late is judged like any
 *    other, though nobody may be able to open it from where they are.
 * 5. How many commits of whom come here, is for whoever brings them to bound.
 */
export class EpochGraph {
  readonly #deps: EpochGraphDeps
  readonly #first: FirstEpoch
  readonly #nodes = new Map<EpochId, EpochNode>()
  readonly #contentKeys = new Map<EpochId, Uint8Array>()
  /** Those whose content keys were here and are not kept any more. */
  readonly #erased = new Set<EpochId>()
  readonly #waiting = new Map<EpochId, CommitClaim>()
  readonly #devices = new CappedMap<EpochId, ReadonlySet<DeviceId>>(MAX_DEVICE_SETS)
  #best: { readonly access: Access; readonly epochs: number; readonly winner: EpochId } | undefined
  #hasForgotten = false
  /** The first state that it opened is erased: with the welcome, which is in the log for ever, it would open that again. */
  #isKeyPackageSpent = false

  constructor(deps: EpochGraphDeps, first: FirstEpoch, now: Millis) {
    this.#deps = deps
    this.#first = first
    const { epoch, keyHash } = first
    this.#nodes.set(epoch, { epoch, depth: 0, began: undefined, keyHash, seenAt: now, state: undefined })
  }

  /** As it was when it was stored. */
  static restore(deps: EpochGraphDeps, stored: StoredGraph): EpochGraph {
    const { first, nodes, contentKeys, erased, waiting, isKeyPackageSpent } = stored
    const graph = new EpochGraph(deps, first, 0)
    graph.#isKeyPackageSpent = isKeyPackageSpent
    for (const node of nodes) graph.#nodes.set(node.epoch, node)
    for (const [epoch, key] of contentKeys) graph.#contentKeys.set(epoch, key)
    for (const epoch of erased) graph.#erased.add(epoch)
    for (const claim of waiting) graph.#waiting.set(claim.epoch, claim)
    return graph
  }

  stored(): StoredGraph {
    return {
      first: this.#first,
      nodes: [...this.#nodes.values()],
      contentKeys: [...this.#contentKeys],
      erased: [...this.#erased],
      waiting: [...this.#waiting.values()],
      isKeyPackageSpent: this.#isKeyPackageSpent
    }
  }

  /** The founder's own first epoch. */
  async open(state: GroupState): Promise<void> {
    await this.#opened(this.#node(this.#first.epoch), state)
  }

  get(epoch: EpochId): EpochNode | undefined {
    return this.#nodes.get(epoch)
  }

  contentKey(epoch: EpochId): Uint8Array | undefined {
    return this.#contentKeys.get(epoch)
  }

  /** Takes in a commit of another device, and those that waited for it. */
  async take(claim: CommitClaim, now: Millis): Promise<TakenClaim> {
    const taken = await this.#take(claim, now)
    if (taken === 'taken') await this.takeWaiting(now)
    return taken
  }

  /** Operations have come: commits that cite them may count now. */
  async takeWaiting(now: Millis): Promise<void> {
    for (let isNew = true; isNew;) {
      isNew = false
      for (const claim of [...this.#waiting.values()]) if ((await this.#take(claim, now)) === 'taken') isNew = true
    }
  }

  /** Whether commits that wait had no place, since this was asked before: whoever has the log finds them there. */
  takeForgotten(): boolean {
    const hasForgotten = this.#hasForgotten
    this.#hasForgotten = false
    return hasForgotten
  }

  get size(): number {
    return this.#nodes.size
  }

  /** Takes in a commit of this device's own, with the state that it leads to. */
  async takeOwn(claim: CommitClaim, state: GroupState, now: Millis): Promise<void> {
    const parent = this.#node(claim.parent)
    this.#begin(claim, parent, now)
    await this.#opened(this.#node(claim.epoch), state)
    await this.takeWaiting(now)
  }

  /** The epoch that everybody goes on from who can open it. */
  winner(access: Access): EpochNode {
    if (this.#best?.access !== access || this.#best.epochs !== this.#nodes.size) {
      const winner = this.#bestOf([...this.#nodes.values()], access)
      this.#best = { access, epochs: this.#nodes.size, winner }
    }
    return this.#node(this.#best.winner)
  }

  /** The epoch that this device goes on from; undefined when it is not in. */
  tip(access: Access): OpenEpoch | undefined {
    const winner = this.winner(access)
    if (isOpen(winner)) return winner
    // Whatever leads to one that opens: each end of that is one.
    const leading = new Set<EpochNode>()
    for (const node of this.#nodes.values()) if (isOpen(node)) for (const each of this.#pathTo(node)) leading.add(each)
    const best = this.#node(this.#bestOf([...leading], access))
    return isOpen(best) ? best : undefined
  }

  /** What a commit on the tip would have to change for the group to be the members' devices; undefined when it is. */
  plan(access: Access, canBeAdded: (device: DeviceId) => boolean): CommitPlan | undefined {
    const tip = this.tip(access)
    if (tip === undefined) return undefined
    const [here, wanted] = [new Set(tip.state.devices), devicesOf(access)]
    const add = [...wanted].filter(device => !here.has(device) && canBeAdded(device)).toSorted()
    const remove = [...here].filter(device => !wanted.has(device)).toSorted()
    return add.length + remove.length > 0 ? { add, remove } : undefined
  }

  /** Whether what is sealed under the tip opens for members alone. */
  maySeal(access: Access): boolean {
    const wanted = devicesOf(access)
    return this.tip(access)?.state.devices.every(device => wanted.has(device)) ?? false
  }

  /**
   * Whether this device should come in by itself, asked when all is here that others have: the winner does not open here,
   * though this device is in there, and more than one of the others has gone on from what does not open; or, as one may be
   * all who are left, it has been so for a while, or nothing opens here at all.
   */
  isBehind(access: Access, now: Millis): boolean {
    const winner = this.winner(access)
    if (isOpen(winner) || !this.devicesAt(winner.epoch).has(this.#deps.device.id)) return false
    const tip = this.tip(access)
    const known = new Set(tip && this.#pathTo(tip))
    const closed = this.#pathTo(winner).flatMap(node => (node.began && !known.has(node) ? [node.began] : []))
    const committers = closed.map(({ committer }) => committer).filter(each => access.members.has(each))
    // Without a branch of its own there is nothing else to go on from; what none but such made who are not in leads nowhere.
    if (tip === undefined || now - winner.seenAt > PATIENCE) return committers.length > 0
    return new Set(committers).size > 1
  }

  /** Who is in an epoch, by what the commits up to it claim. */
  devicesAt(epoch: EpochId): ReadonlySet<DeviceId> {
    const known = this.#devices.get(epoch)
    if (known !== undefined) return known
    const above: BegunBy[] = []
    let { began } = this.#node(epoch)
    let below: ReadonlySet<DeviceId> | undefined
    while (began !== undefined && below === undefined) {
      above.push(began)
      below = this.#devices.get(began.parent)
      ;({ began } = this.#node(began.parent))
    }
    const devices = new Set(below ?? [this.#first.device])
    for (const { added, removed } of above.toReversed()) {
      for (const device of added) devices.add(device)
      for (const device of removed) devices.delete(device)
    }
    this.#devices.set(epoch, devices)
    return devices
  }

  /** Those that began with a removal. */
  removals(): EpochNode[] {
    return [...this.#nodes.values()].filter(({ began }) => began?.generation !== undefined)
  }

  /** Takes a content key that somebody handed over, if it is the one that the epoch's commit tells of. */
  takeKey(epoch: EpochId, key: Uint8Array): boolean {
    if (this.#nodes.get(epoch)?.keyHash !== hashOf(key)) return false
    this.#contentKeys.set(epoch, key)
    this.#erased.delete(epoch)
    return true
  }

  /** Epochs whose content key is here. */
  keyed(): EpochId[] {
    return [...this.#contentKeys.keys()]
  }

  /** Epochs whose content key is not here, and not for being erased: others may hand it over. */
  lacked(): EpochId[] {
    return [...this.#nodes.keys()].filter(epoch => !this.#contentKeys.has(epoch) && !this.#erased.has(epoch))
  }

  /** Erases a content key, so that it is not asked for either: until something comes that it opens (`missKey`). */
  eraseKey(epoch: EpochId): void {
    if (this.#contentKeys.delete(epoch)) this.#erased.add(epoch)
  }

  /** Whether it was erased, and is lacked from now on. */
  missKey(epoch: EpochId): boolean {
    return this.#erased.delete(epoch)
  }

  /** Erases states that are out of the window, all but that of the tip, and spends the key package with what it opened; tells of which epochs. */
  prune(access: Access, now: Millis): EpochId[] {
    const [winner, tip] = [this.winner(access), this.tip(access)]
    const isOver = ({ depth, seenAt }: EpochNode): boolean => {
      const age = now - seenAt
      return age > KEPT_AT_MOST || (winner.depth - depth >= KEPT_EPOCHS && age > KEPT_AT_LEAST)
    }
    const over = [...this.#nodes.values()].filter(node => isOpen(node) && node.epoch !== tip?.epoch && isOver(node))
    for (const node of over) {
      this.#nodes.set(node.epoch, { ...node, state: undefined })
      if (node.began?.added.includes(this.#deps.device.id) === true) this.#isKeyPackageSpent = true
    }
    return over.map(({ epoch }) => epoch)
  }

  async #take(given: CommitClaim, now: Millis): Promise<TakenClaim> {
    if (this.#nodes.has(given.epoch)) return 'taken'
    const parent = this.#nodes.get(given.parent)
    const access = parent && this.#deps.accessAt(given.cites)
    if (parent === undefined || access === undefined) {
      this.#wait(given)
      return 'waits'
    }
    const claim = withCommitter(given, access)
    this.#waiting.delete(claim.epoch)
    if (faultOf(claim, access) !== undefined) return 'void'
    this.#begin(claim, parent, now)
    const state = (await this.#process(claim, parent)) ?? (await this.#join(claim))
    if (state !== undefined) await this.#opened(this.#node(claim.epoch), state)
    return 'taken'
  }

  /** Where too many wait, one goes of the member of whom most do: nobody has another's lost by commits that wait for what never comes. */
  #wait(claim: CommitClaim): void {
    this.#waiting.set(claim.epoch, claim)
    while (this.#waiting.size > MAX_WAITING || sizeOf(this.#waiting.values()) > MAX_WAITING_BYTES) {
      const byCommitter = Map.groupBy(this.#waiting.values(), ({ committer }) => committer)
      const [most = []] = [...byCommitter.values()].toSorted((a, b) => sizeOf(b) - sizeOf(a))
      this.#waiting.delete(most[0]?.epoch ?? claim.epoch)
      this.#hasForgotten = true
    }
  }

  #begin(claim: CommitClaim, parent: EpochNode, now: Millis): void {
    const { epoch, groupEpoch, keyHash, committer, device, added, removed, generation } = claim
    const whose = { parent: parent.epoch, epoch, groupEpoch, committer, device }
    const began = { ...whose, added, removed, generation }
    this.#nodes.set(epoch, { epoch, depth: parent.depth + 1, began, keyHash, seenAt: now, state: undefined })
  }

  /** What the commit makes of its parent, if it is by whom it claims and cites what it claims. */
  async #process(claim: CommitClaim, parent: EpochNode): Promise<GroupState | undefined> {
    if (!isOpen(parent) || !this.devicesAt(claim.epoch).has(this.#deps.device.id)) return undefined
    const processed = await this.#deps.keys.process(parent.state, claim.commit)
    if (!processed.ok) return undefined
    const { state, committer, note } = processed.value
    return committer === claim.device && equalBytes(note, noteOf(claim.cites)) ? state : undefined
  }

  async #join(claim: CommitClaim): Promise<GroupState | undefined> {
    const { keys, device, keyPackage } = this.#deps
    if (keyPackage === undefined || this.#isKeyPackageSpent) return undefined
    if (claim.welcome === undefined || !claim.added.includes(device.id)) return undefined
    const joined = await keys.join(claim.welcome, device, keyPackage)
    return joined.ok ? joined.value : undefined
  }

  /** Counts as open only if it is what the commits claim: this epoch, these devices, this content key. */
  async #opened(node: EpochNode, state: GroupState): Promise<void> {
    if (state.epoch !== groupEpochOf(node) || !hasSame(this.devicesAt(node.epoch), state.devices)) return
    const key = await this.#deps.keys.secretFor(state, 'content')
    if (hashOf(key) !== node.keyHash) return
    this.#nodes.set(node.epoch, { ...node, state })
    this.#contentKeys.set(node.epoch, key)
  }

  #bestOf(nodes: readonly EpochNode[], access: Access): EpochId {
    const { winner = winnerOf } = this.#deps
    const commits: Commit[] = nodes.flatMap(({ began }) => (began === undefined ? [] : [commitOf(began, access)]))
    return winner(this.#first.epoch, commits)
  }

  /** From the first epoch to here. */
  #pathTo(node: EpochNode): EpochNode[] {
    const path = [node]
    for (let { began } = node; began !== undefined;) {
      const parent = this.#node(began.parent)
      path.unshift(parent)
      ;({ began } = parent)
    }
    return path
  }

  #node(epoch: EpochId): EpochNode {
    const node = this.#nodes.get(epoch)
    if (node === undefined) throw new Error(`no epoch ${epoch}`)
    return node
  }
}

export interface StoredGraph {
  readonly first: FirstEpoch
  readonly nodes: readonly EpochNode[]
  readonly contentKeys: readonly (readonly [EpochId, Uint8Array])[]
  readonly erased: readonly EpochId[]
  readonly waiting: readonly CommitClaim[]
  readonly isKeyPackageSpent: boolean
}

/** What the scheme calls an epoch: the first as everybody does. */
export function groupEpochOf({ epoch, began }: EpochNode): GroupEpoch {
  return began?.groupEpoch ?? (epoch as string as GroupEpoch)
}

function isOpen(node: EpochNode): node is OpenEpoch {
  return node.state !== undefined
}

function hasSame(a: ReadonlySet<DeviceId>, b: readonly DeviceId[]): boolean {
  return a.size === b.length && b.every(device => a.has(device))
}
