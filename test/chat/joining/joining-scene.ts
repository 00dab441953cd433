import { onTestFinished } from 'vitest'
import { expectValue, toHex, type RandomBytes } from '../../../src/core/bytes/index.ts'
import type { JoinLink } from '../../../src/core/chat/invite-link.ts'
import { prepareJoin, type JoinAttempt } from '../../../src/core/chat/joining/join-attempt.ts'
import type { JoinAnswer } from '../../../src/core/chat/joining/join-codec.ts'
import { JoinHost } from '../../../src/core/chat/joining/join-host.ts'
import { Joiner, type JoinState } from '../../../src/core/chat/joining/joiner.ts'
import { Slots } from '../../../src/core/chat/slots.ts'
import type { GroupKeys } from '../../../src/core/encryption/epochs/index.ts'
import { createIdentitySecrets, type DisplayName } from '../../../src/core/identity/index.ts'
import { openKeeper } from '../../../src/core/chat/index.ts'
import { NOON } from '../../support/cast.ts'
import { memoryStorage } from '../../support/memory-storage.ts'
import { seededNumbers, seededRandom } from '../../support/seeded-random.ts'
import { passTime, passTimeUntil, VirtualClock } from '../../support/virtual-clock.ts'
import { VirtualNetwork, type VirtualPeer } from '../../support/virtual-network.ts'
import { fakeGroupKeys } from '../../encryption/epochs/fake-group-keys.ts'
import { AdmittingMember, someone, type Someone } from './admitting-member.ts'

export interface Online {
  readonly peer: VirtualPeer
  readonly host: JoinHost
  stop(): Promise<void>
}

export interface Newcomer {
  readonly deps: Someone
  readonly attempt: JoinAttempt
  readonly peer: VirtualPeer
  readonly joiner: Joiner
  /** As told: `asking`, `waiting 1` (at so many keepers), `answered`. */
  readonly states: string[]
  answer(): JoinAnswer | undefined
  stop(): Promise<void>
}

/** Members of one private room and newcomers, on a virtual network in virtual time. */
export class JoiningScene {
  readonly clock = new VirtualClock(NOON)
  readonly network = new VirtualNetwork(this.clock)
  readonly #keys: GroupKeys = fakeGroupKeys(seededNumbers(3))
  readonly random: RandomBytes = seededRandom(77)

  person(seed: number): Promise<Someone> {
    return someone(this.#keys, seed)
  }

  async found(seed = 1): Promise<AdmittingMember> {
    return AdmittingMember.found(await this.person(seed), this.clock)
  }

  /** Somebody whom `by` lets in, beside the network. */
  async befriend(by: AdmittingMember, seed: number, role: 'admin' | 'member' | 'observer' = 'member') {
    const deps = await this.person(seed)
    await by.write(expectValue(by.room.admit(deps.certificate, deps.keyPackage.shown, { role })))
    await by.carryOut()
    const answer = {
      kind: 'admitted',
      generations: by.room.generations(),
      contentKeys: new Map(),
      bodyKeys: new Map()
    } as const
    return AdmittingMember.enter(deps, this.clock, answer, by)
  }

  host(name: string, ...members: AdmittingMember[]): Online {
    const peer = this.network.peer(name)
    this.#meetKeepers(peer)
    const host = new JoinHost({ network: peer, clock: this.clock, random: this.random, rooms: () => members })
    const stop = async (): Promise<void> => {
      host.stop()
      await peer.stop()
    }
    onTestFinished(stop)
    return { peer, host, stop }
  }

  async attempt(deps: Someone, link: JoinLink): Promise<JoinAttempt> {
    const said = { identity: deps.identity, keyPackage: deps.keyPackage.shown, nick: 'Bob' as DisplayName }
    return expectValue(await prepareJoin(link, said, this.random))
  }

  /** Somebody's second device. */
  otherDeviceOf(seed: number): Promise<Someone> {
    const { rootSeed } = createIdentitySecrets(seededRandom(seed), NOON)
    const secrets = { rootSeed, deviceSeed: this.random(32), certifiedAt: NOON }
    return someone(this.#keys, seed, secrets)
  }

  async join(name: string, who: number | Someone, link: JoinLink): Promise<Newcomer> {
    const deps = typeof who === 'number' ? await this.person(who) : who
    return this.resume(name, { deps, attempt: await this.attempt(deps, link) })
  }

  /** Goes on with an attempt of before. */
  async resume(name: string, { deps, attempt }: Pick<Newcomer, 'deps' | 'attempt'>): Promise<Newcomer> {
    const peer = this.network.peer(name)
    this.#meetKeepers(peer)
    const states: string[] = []
    let answer: JoinAnswer | undefined
    const changed = (state: JoinState): void => {
      states.push(state.kind === 'waiting' ? `waiting ${state.keepers}` : state.kind)
      if (state.kind === 'answered') answer = state.answer
    }
    const joiner = new Joiner({ network: peer, clock: this.clock, attempt, changed, slotsAt: () => new Slots(8) })
    const stop = async (): Promise<void> => {
      joiner.stop()
      await peer.stop()
    }
    onTestFinished(stop)
    return { deps, attempt, peer, joiner, states, answer: () => answer, stop }
  }

  /** A keeper that everybody chose to meet others at, and is connected to; or that nobody chose. */
  async keeper(name: string, { quota = 2 ** 30, storage = memoryStorage(), isChosen = true } = {}) {
    const keeper = await openKeeper({ storage, clock: this.clock, random: this.random, quota })
    const peer = this.network.peer(name)
    keeper.goOnline(peer)
    if (isChosen) this.network.chosen.add(peer.self)
    if (isChosen) for (const other of this.network.all()) this.network.connect(peer, other)
    const stop = async (): Promise<void> => {
      this.network.chosen.delete(peer.self)
      await keeper.stop()
      await peer.stop()
    }
    onTestFinished(stop)
    return { keeper, peer, storage, stop }
  }

  #meetKeepers(peer: VirtualPeer): void {
    for (const id of this.network.chosen) {
      const keeper = this.network.find(id)
      if (keeper !== undefined) this.network.connect(peer, keeper)
    }
  }

  /** What becomes of a newcomer who is answered. */
  async answered(newcomer: Newcomer): Promise<JoinAnswer> {
    await this.until('the newcomer is answered', () => newcomer.answer() !== undefined)
    const answer = newcomer.answer()
    if (answer === undefined) throw new Error('no answer')
    return answer
  }

  /** Whether the newcomer, with what was handed over, is in and hears what the member says. */
  async isIn({ deps }: Newcomer, answer: JoinAnswer, by: AdmittingMember): Promise<boolean> {
    const member = await AdmittingMember.enter(deps, this.clock, answer, by)
    const epoch = by.room.sealingEpoch()
    const [here, there] = [by, member].map(({ room }) => epoch && room.contentKey(epoch))
    return member.isIn() && here !== undefined && there !== undefined && toHex(here) === toHex(there)
  }

  until(what: string, condition: () => unknown): Promise<void> {
    return passTimeUntil(this.clock, what, condition)
  }

  wait(duration: number): Promise<void> {
    return passTime(this.clock, duration)
  }
}
