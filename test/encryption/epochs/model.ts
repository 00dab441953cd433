import { encodeUtf8, expectValue, sha256, toHex, type RandomBytes } from '../../../src/core/bytes/index.ts'
import {
  headsOf,
  pastOf,
  resolveAccess,
  type Access,
  type Action,
  type Operation,
  type OperationId,
  type Role
} from '../../../src/core/encryption/access/index.ts'
import {
  EpochGraph,
  hashOf,
  noteOf,
  StoredEpochs,
  type CommitClaim,
  type Committed,
  type EpochId,
  type EpochNode,
  type FirstEpoch,
  type GroupDevice,
  type GroupKeys,
  type KeyPackage,
  type StoredGraph
} from '../../../src/core/encryption/epochs/index.ts'
import type { DeviceId, MemberId } from '../../../src/core/identity/index.ts'
import { deviceNamed } from '../group-keys-suite.ts'

type Said = Exclude<Action, { kind: 'create' }>

/** What somebody said under an epoch's content key. */
interface Words {
  readonly id: string
  readonly author: MemberId
  readonly epoch: EpochId
  /** Devices of whom the author knew that they are in no longer. */
  readonly shutOut: readonly DeviceId[]
}

/** All that is in the room's log, as far as one device has it. */
interface Log {
  readonly operations: Map<OperationId, Operation>
  readonly claims: Map<EpochId, CommitClaim>
  readonly words: Map<string, Words>
  readonly keyPackages: Map<DeviceId, KeyPackage>
}

/** How the rules read that a model is run with: mistakes are planted here. */
export interface Rules {
  readonly winner?: ConstructorParameters<typeof EpochGraph>[0]['winner']
  readonly resolve?: typeof resolveAccess
}

/** The things that all devices of a model share. */
export interface World {
  readonly keys: GroupKeys
  readonly random: RandomBytes
  readonly next: () => number
  readonly rules: Rules
  now: number
}

/** One device of a member, with its own log and its own tree of epochs. */
export class Replica {
  readonly member: MemberId
  readonly device: GroupDevice
  readonly log: Log
  /** What its store holds of the epochs, as it was last written. */
  readonly records = new Map<string, Uint8Array>()
  /** How often it had to come in by itself. */
  rejoins = 0
  readonly #world: World
  readonly #room: OperationId
  readonly #keyPackage: KeyPackage
  readonly #accessAt = new Map<string, Access>()
  #previous: OperationId | undefined
  #access: { readonly size: number; readonly access: Access } | undefined
  #graph: EpochGraph
  #stored: StoredEpochs

  private constructor(world: World, member: MemberId, log: Log, room: OperationId, first: FirstEpoch, own: Own) {
    this.#world = world
    this.member = member
    this.device = own.device
    this.log = log
    this.#room = room
    this.#keyPackage = own.keyPackage
    this.#graph = new EpochGraph(this.#deps(), first, world.now)
    this.#stored = new StoredEpochs(world, this.records)
  }

  static async found(world: World, name: string): Promise<Replica> {
    const own = await ownOf(world, name)
    const state = await world.keys.create(sha256(encodeUtf8(name)), own.device)
    const keyHash = hashOf(await world.keys.secretFor(state, 'content'))
    const action = { kind: 'create', device: own.device.id, name: 'Loft', history: 'all' } as const
    const room = 'create' as OperationId
    const author = memberNamed(name)
    const log = emptyLog()
    log.keyPackages.set(own.device.id, own.keyPackage)
    log.operations.set(room, { id: room, author, device: own.device.id, parents: [], previous: undefined, action })
    const first = { epoch: state.epoch as string as EpochId, device: own.device.id, keyHash }
    const founder = new Replica(world, author, log, room, first, own)
    founder.#previous = room
    await founder.#graph.open(state)
    return founder
  }

  /** Somebody new, who is given all that this device has; undefined when this one may not admit. */
  async admit(name: string, role: Role): Promise<Replica | undefined> {
    const own = await ownOf(this.#world, name)
    this.log.keyPackages.set(own.device.id, own.keyPackage)
    if (!this.say({ kind: 'admit', member: memberNamed(name), device: own.device.id, role })) return undefined
    const { first } = this.#graph.stored()
    const newcomer = new Replica(this.#world, memberNamed(name), emptyLog(), this.#room, first, own)
    await newcomer.receive(this.log, () => true)
    return newcomer
  }

  access(): Access {
    const { size } = this.log.operations
    if (this.#access?.size !== size) {
      const { resolve = resolveAccess } = this.#world.rules
      this.#access = { size, access: resolve(this.log.operations.values(), this.#room) }
    }
    return this.#access.access
  }

  isMember(): boolean {
    return this.access().members.get(this.member)?.devices.has(this.device.id) === true
  }

  /** Whether it stands: what is void is not said. */
  say(action: Said): boolean {
    const { operations } = this.log
    const parents = headsOf(operations)
    const id = toHex(sha256(encodeUtf8(`${this.device.id} ${operations.size} ${this.#world.next()}`))) as OperationId
    operations.set(id, { id, author: this.member, device: this.device.id, parents, previous: this.#previous, action })
    if (this.access().stands.has(id)) {
      this.#previous = id
      return true
    }
    operations.delete(id)
    this.#access = undefined
    return false
  }

  winner(): EpochNode {
    return this.#graph.winner(this.access())
  }

  isIn(): boolean {
    return this.#graph.tip(this.access())?.epoch === this.winner().epoch
  }

  devicesAtTip(): readonly DeviceId[] {
    return this.#graph.tip(this.access())?.state.devices ?? []
  }

  canRead(words: Words): boolean {
    return this.#graph.contentKey(words.epoch) !== undefined
  }

  devicesAt(epoch: EpochId): ReadonlySet<DeviceId> {
    return this.#graph.devicesAt(epoch)
  }

  /** Says something, and makes the group fit first. */
  async talk(): Promise<void> {
    if (!this.isMember()) return
    if (!this.#graph.maySeal(this.access())) await this.carryOut()
    const tip = this.#graph.tip(this.access())
    if (tip === undefined || !this.#graph.maySeal(this.access())) return
    const id = `${this.device.id} ${this.#world.next()}`
    const wanted = new Set([...this.access().members.values()].flatMap(({ devices }) => [...devices]))
    const known = [...this.log.operations.values()].flatMap(({ action }) => ('device' in action ? [action.device] : []))
    const shutOut = known.filter(device => !wanted.has(device))
    this.log.words.set(id, { id, author: this.member, epoch: tip.epoch, shutOut })
  }

  /** Commits what the log says and the group does not; whether there was anything. */
  async carryOut(): Promise<boolean> {
    const plan = this.#graph.plan(this.access(), device => this.log.keyPackages.has(device))
    if (plan === undefined || !this.isMember()) return false
    await this.commit(plan.add, plan.remove)
    return true
  }

  async commit(added: readonly DeviceId[] = [], removed: readonly DeviceId[] = []): Promise<void> {
    const tip = this.#graph.tip(this.access())
    if (tip === undefined || !this.isMember()) return
    const cites = headsOf(this.log.operations)
    const add = added.flatMap(device => this.log.keyPackages.get(device)?.shown ?? [])
    const change = { add, remove: removed, note: noteOf(cites) }
    const committed = expectValue(await this.#world.keys.commit(tip.state, this.device, change))
    await this.#publish(committed, { parent: tip.epoch, cites, added, removed })
  }

  isBehind(): boolean {
    return this.isMember() && this.#graph.isBehind(this.access(), this.#world.now)
  }

  /** Comes in by itself with the help of one who can open the winner. */
  async rejoin(helper: Replica): Promise<void> {
    const tip = helper.#graph.tip(helper.access())
    if (tip === undefined) return
    const cites = headsOf(this.log.operations)
    const info = await this.#world.keys.groupInfo(tip.state)
    const committed = expectValue(await this.#world.keys.joinByItself(info, this.device, noteOf(cites)))
    await this.#publish(committed, { parent: tip.epoch, cites, added: [], removed: [] })
    this.rejoins += 1
  }

  /** Is given content keys that it had no way to come by, by somebody in the same epoch; whether there were any. */
  askForKeys(other: Replica): boolean {
    const found = this.#graph.lacked().flatMap(epoch => {
      const key = other.#graph.contentKey(epoch)
      return key === undefined ? [] : [[epoch, key] as const]
    })
    return this.isMember() && found.filter(([epoch, key]) => this.#graph.takeKey(epoch, key)).length > 0
  }

  /** Takes what another device has, in a random order and some of it twice; of each thing `comes` says whether it arrives. */
  async receive(from: Log, comes: () => boolean): Promise<void> {
    const { log } = this
    for (const [id, keyPackage] of from.keyPackages) log.keyPackages.set(id, keyPackage)
    for (const [id, operation] of from.operations) if (comes()) log.operations.set(id, operation)
    this.#forgetUnfounded()
    const claims = [...from.claims.values()].filter(comes)
    for (const claim of [...shuffled(claims, this.#world.next), ...claims.slice(0, 2)]) {
      log.claims.set(claim.epoch, claim)
      await this.#graph.take(claim, this.#world.now)
    }
    await this.#takeLog()
    for (const [id, words] of from.words) if (comes()) log.words.set(id, words)
  }

  /** Of its epochs what a restart must not change. */
  get epochs(): StoredGraph {
    return this.#graph.stored()
  }

  store(): void {
    for (const { name, value } of this.#stored.changes(this.#graph.stored())) {
      if (value === undefined) this.records.delete(name)
      else this.records.set(name, value)
    }
  }

  /** Stops, and begins again with what was stored. */
  async restart(): Promise<void> {
    this.store()
    this.#stored = new StoredEpochs(this.#world, this.records)
    if (this.#stored.loaded === undefined) throw new Error('nothing was stored')
    this.#access = undefined
    this.#accessAt.clear()
    this.#graph = EpochGraph.restore(this.#deps(), this.#stored.loaded)
    await this.#takeLog()
  }

  prune(): void {
    this.#graph.prune(this.access(), this.#world.now)
  }

  #deps() {
    const { keys, rules } = this.#world
    const accessAt = (cites: readonly OperationId[]): Access | undefined => this.#accessWith(cites)
    return {
      keys,
      device: this.device,
      keyPackage: this.#keyPackage,
      accessAt,
      ...(rules.winner && { winner: rules.winner })
    }
  }

  #accessWith(cites: readonly OperationId[]): Access | undefined {
    const key = cites.join()
    const known = this.#accessAt.get(key)
    if (known !== undefined) return known
    const past = pastOf(cites, this.log.operations)
    if (past === undefined) return undefined
    const { resolve = resolveAccess } = this.#world.rules
    const access = resolve(past, this.#room)
    this.#accessAt.set(key, access)
    return access
  }

  /** What waited too long, or until a restart, is found again in the log. */
  async #takeLog(): Promise<void> {
    for (const claim of this.log.claims.values()) await this.#graph.take(claim, this.#world.now)
  }

  /** Operations come with all that they know, or wait: here they are simply not there yet. */
  #forgetUnfounded(): void {
    const { operations } = this.log
    for (let isNew = true; isNew;) {
      isNew = false
      for (const { id, parents } of operations.values()) {
        if (parents.every(each => operations.has(each))) continue
        operations.delete(id)
        isNew = true
      }
    }
    this.#access = undefined
  }

  async #publish(
    committed: Committed,
    said: Pick<CommitClaim, 'parent' | 'cites' | 'added' | 'removed'>
  ): Promise<void> {
    const { commit, welcome, state } = committed
    const keyHash = hashOf(await this.#world.keys.secretFor(state, 'content'))
    const who = { committer: this.member, device: this.device.id }
    const claim = {
      ...said,
      ...who,
      // Nobody here claims what another does.
      epoch: state.epoch as string as EpochId,
      groupEpoch: state.epoch,
      keyHash,
      generation: said.removed.length > 0 ? SEALED : undefined,
      commit,
      welcome: said.added.length > 0 ? welcome : undefined
    }
    this.log.claims.set(claim.epoch, claim)
    await this.#graph.takeOwn(claim, state, this.#world.now)
  }
}

/** Of the secrets that begin with a removal this model knows nothing. */
const SEALED = new Uint8Array(112)

interface Own {
  readonly device: GroupDevice
  readonly keyPackage: KeyPackage
}

async function ownOf({ keys }: World, name: string): Promise<Own> {
  const device = await deviceNamed(name)
  return { device, keyPackage: await keys.createKeyPackage(device) }
}

function memberNamed(name: string): MemberId {
  return toHex(sha256(encodeUtf8(name))) as MemberId
}

function emptyLog(): Log {
  return { operations: new Map(), claims: new Map(), words: new Map(), keyPackages: new Map() }
}

export function shuffled<T>(all: readonly T[], next: () => number): T[] {
  const drawn = all.map(each => [next(), each] as const)
  return drawn.toSorted(([a], [b]) => a - b).map(([, each]) => each)
}
