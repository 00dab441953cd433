import { toHex, type Millis } from '../bytes/index.ts'
import type { EpochGraph, EpochId, EpochNode, GroupKeys } from './epochs/index.ts'
import { generationId, openGeneration, type Generation } from './generation.ts'

/** How long those who were away are met under the secrets of before, and under how many of these. */
const MET_FOR: Millis = 30 * 24 * 3_600_000
const MAX_MET = 3

/** A room's generations, as far as this device knows them: by the epoch that each began with, one for each removal at the most. */
export class Generations {
  readonly #byEpoch: Map<EpochId, Generation>

  constructor(given: ReadonlyMap<EpochId, Generation>) {
    this.#byEpoch = new Map(given)
  }

  get all(): ReadonlyMap<EpochId, Generation> {
    return this.#byEpoch
  }

  /** @param id of a generation, in hex */
  find(id: string): Generation | undefined {
    return [...this.#byEpoch.values()].find(generation => toHex(generationId(generation)) === id)
  }

  /** Opens those that began with epochs which this device is in. */
  async open(graph: EpochGraph, keys: GroupKeys): Promise<void> {
    for (const { epoch, state, began } of graph.removals()) {
      if (this.#byEpoch.has(epoch) || state === undefined || began?.generation === undefined) continue
      const generation = openGeneration(await keys.secretFor(state, 'generation'), began.generation)
      if (generation !== undefined) this.#byEpoch.set(epoch, generation)
    }
  }

  /** Takes those of removals known here that do not open here, as a newcomer takes them from whoever lets it in; whether there were any. */
  take(handedOver: ReadonlyMap<EpochId, Generation>, graph: EpochGraph): boolean {
    const came = this.#lacked(graph).flatMap(({ epoch }) => {
      const generation = handedOver.get(epoch)
      return generation === undefined ? [] : [[epoch, generation] as const]
    })
    for (const [epoch, generation] of came) this.#byEpoch.set(epoch, generation)
    return came.length > 0
  }

  areLacking(graph: EpochGraph): boolean {
    return this.#lacked(graph).length > 0
  }

  #lacked(graph: EpochGraph): EpochNode[] {
    return graph.removals().filter(({ epoch }) => !this.#byEpoch.has(epoch))
  }

  /** In which an epoch is: that of the last removal on the way to it; undefined while it is not known here. */
  at(epoch: EpochNode | undefined, graph: EpochGraph): Generation | undefined {
    let node = epoch
    while (node?.began !== undefined && node.began.generation === undefined) node = graph.get(node.began.parent)
    return node && this.#byEpoch.get(node.epoch)
  }

  /**
   * The one of now, or else the newest known, then those before it as long as they count, newest first. Then as many of those that the log does
   * not tell of: whoever comes back was given the newest ones, and can have lived through many of before; whoever made them up pushes none out.
   */
  meeting(current: Generation | undefined, graph: EpochGraph | undefined, now: Millis): Generation[] {
    const ordered = [...this.newestFirst(current, graph)]
    const isTold = ([epoch]: readonly [EpochId, Generation]): boolean =>
      current === undefined || graph?.get(epoch) !== undefined
    const [first, ...others] = ordered.filter(isTold).map(([, generation]) => generation)
    const untold = ordered.filter(each => !isTold(each)).map(([, generation]) => generation)
    if (first === undefined) return []
    // One that the log does not tell of yet was given to this device for now.
    const begun = Math.max(...[...this.#byEpoch.keys()].map(epoch => graph?.get(epoch)?.seenAt ?? now))
    return now - begun > MET_FOR ? [first] : [first, ...others.slice(0, MAX_MET), ...untold.slice(0, MAX_MET)]
  }

  /** What is passed on: whoever let this device in may have made up those that began with epochs of which the log knows nothing. */
  passedOn(current: Generation | undefined, graph: EpochGraph | undefined): Map<EpochId, Generation> {
    return new Map([...this.newestFirst(current, graph)].filter(([epoch]) => graph?.get(epoch) !== undefined))
  }

  /**
   * All, that of now first. Until that is known, those that began with epochs which the log has not brought are newer than those that it has, and
   * stay in the order in which they were given: so a newcomer, who has nothing but these, meets members by the newest. From then on they come
   * last, as they may be made up.
   */
  newestFirst(current: Generation | undefined, graph: EpochGraph | undefined): Map<EpochId, Generation> {
    const ofUnknown = current === undefined ? Number.MAX_SAFE_INTEGER : -1
    const depthOf = (epoch: EpochId): number => graph?.get(epoch)?.depth ?? ofUnknown
    const isCurrent = (generation: Generation): number => Number(generation === current)
    const ordered = [...this.#byEpoch].toSorted(
      ([a, one], [b, other]) => isCurrent(other) - isCurrent(one) || depthOf(b) - depthOf(a)
    )
    return new Map(ordered)
  }
}
