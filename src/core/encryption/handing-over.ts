import type { Millis } from '../bytes/index.ts'
import type { DeviceId } from '../identity/index.ts'
import type { Access, OperationId } from './access/index.ts'
import type { OwnCommit } from './control-words.ts'
import { devicesOf, groupEpochOf, noteOf, type EpochGraph, type EpochId, type EpochNode } from './epochs/index.ts'
import type { Generation } from './generation.ts'
import type { Generations } from './generations.ts'
import { MAX_HANDED_GENERATIONS, MAX_LACKED_EPOCHS, type HandedOver, type Lacked } from './handing-over-codec.ts'
import { ownCommit, type OwnCommitDeps } from './own-commit.ts'

interface HandingOverDeps extends OwnCommitDeps {
  /** The room as it is now; undefined before its beginning is known. */
  readonly view: () => View | undefined
  /** What a commit that concerns these devices cites. */
  readonly ends: (devices: readonly DeviceId[]) => OperationId[]
}

interface View {
  readonly access: Access
  readonly graph: EpochGraph
  readonly generations: Generations
}

/**
 * What members of a private room hand to one another, as no commit that they can open brings it: who was apart for longer than states are kept,
 * or lost a state, comes back by it, and the branches of those who were apart become readable to all who were in them.
 *
 * 1. Nothing is asked for, or concluded, but when all is here that others have: never in the middle of a log.
 * 2. Members' devices alone are given anything, by the log of who gives: generations as any newcomer is given them; content keys of epochs that
 *    the asker was in by the commits up to them, and of others only where the room shows all of its history to everybody.
 * 3. What comes is checked as far as that can be: keys against the claims, a group info against the epoch that all go on from. Generations
 *    are taken on a member's word, as by a newcomer, where the commit that began them does not open here.
 */
export class HandingOver {
  readonly #deps: HandingOverDeps

  constructor(deps: HandingOverDeps) {
    this.#deps = deps
  }

  /** What this device lacks of what it is entitled to; undefined when nothing, or when it is no member's. */
  lacked(now: Millis): Lacked | undefined {
    const view = this.#deps.view()
    const { id } = this.#deps.device
    if (view === undefined || !devicesOf(view.access).has(id)) return undefined
    const { access, graph, generations } = view
    const closed = graph.lacked()
    const isIn = closed.length === 0 ? () => false : membershipOf(id, graph)
    const epochs = closed.filter(epoch => access.history === 'all' || isIn(epoch))
    const isBehind = graph.isBehind(access, now)
    return isBehind || epochs.length > 0 || generations.areLacking(graph) ? { isBehind, epochs } : undefined
  }

  /** All that a newcomer is given, to check what was done from the beginning: newest first, by the epoch that each began with. */
  generations(): ReadonlyMap<EpochId, Generation> {
    const view = this.#deps.view()
    if (view === undefined) return new Map()
    const { access, graph, generations } = view
    return generations.passedOn(generations.at(graph.tip(access), graph), graph)
  }

  /** What of that is here, and may be given to this device; undefined when it is no member's. */
  async give(asker: DeviceId, { isBehind, epochs }: Lacked): Promise<HandedOver | undefined> {
    const view = this.#deps.view()
    if (view === undefined || !devicesOf(view.access).has(asker)) return undefined
    const { access, graph } = view
    const contentKeys = new Map<EpochId, Uint8Array>()
    for (const epoch of epochs.slice(0, MAX_LACKED_EPOCHS)) {
      const key = graph.get(epoch) && graph.contentKey(epoch)
      if (key === undefined) continue
      if (access.history === 'all' || graph.devicesAt(epoch).has(asker)) contentKeys.set(epoch, key)
    }
    const tip = graph.tip(access)
    const isHelp = isBehind && tip?.epoch === graph.winner(access).epoch && tip.state.devices.includes(asker)
    return {
      generations: new Map([...this.generations()].slice(0, MAX_HANDED_GENERATIONS)),
      contentKeys,
      groupInfo: isHelp ? await this.#deps.keys.groupInfo(tip.state) : undefined
    }
  }

  /** Takes what is lacking here of what another gave; whether there was anything. */
  take({ generations, contentKeys }: Omit<HandedOver, 'groupInfo'>): boolean {
    const view = this.#deps.view()
    if (view === undefined) return false
    const { graph } = view
    const lacked = new Set(graph.lacked())
    const keys = [...contentKeys].filter(([epoch, key]) => lacked.has(epoch) && graph.takeKey(epoch, key))
    return view.generations.take(generations, graph) || keys.length > 0
  }

  /**
   * A commit by which this device comes back into the epoch that all go on from; undefined when it is in, or is not to be, or this is no way in.
   */
  async comeBack(groupInfo: Uint8Array, now: Millis): Promise<OwnCommit | undefined> {
    const view = this.#deps.view()
    if (view === undefined || this.lacked(now)?.isBehind !== true) return undefined
    const { access, graph, generations } = view
    const winner = graph.winner(access)
    // What is said above it is sealed under that.
    if (generations.at(winner, graph) === undefined) return undefined
    const { keys, device, ends } = this.#deps
    const cites = ends([device.id])
    const joined = await keys.joinByItself(groupInfo, device, noteOf(cites))
    if (!joined.ok || joined.value.parent !== groupEpochOf(winner)) return undefined
    return ownCommit(this.#deps, joined.value, { parent: winner.epoch, cites, added: [], removed: [] })
  }
}

/** Whether a device is in an epoch, for many epochs of one tree: each is looked at once. */
function membershipOf(device: DeviceId, graph: EpochGraph): (epoch: EpochId) => boolean {
  const known = new Map<EpochId, boolean>()
  return epoch => {
    const above: EpochId[] = []
    let isIn: boolean | undefined
    for (let node = graph.get(epoch); node !== undefined && isIn === undefined; node = parentOf(node, graph)) {
      above.push(node.epoch)
      isIn = known.get(node.epoch) ?? changeOf(device, node, graph)
    }
    for (const each of above) known.set(each, isIn === true)
    return isIn === true
  }
}

/** Undefined: as in its parent. */
function changeOf(device: DeviceId, { epoch, began }: EpochNode, graph: EpochGraph): boolean | undefined {
  if (began === undefined) return graph.devicesAt(epoch).has(device)
  if (began.added.includes(device)) return true
  return began.removed.includes(device) ? false : undefined
}

function parentOf({ began }: EpochNode, graph: EpochGraph): EpochNode | undefined {
  return began && graph.get(began.parent)
}
