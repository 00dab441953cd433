import { onTestFinished } from 'vitest'
import {
  openKeeper,
  openPeer,
  type Keeper,
  type Message,
  type Peer,
  type PeerEvent
} from '../../src/core/chat/index.ts'
import { NOON } from './cast.ts'
import { memoryStorage } from './memory-storage.ts'
import { seededRandom } from './seeded-random.ts'
import { passTime, passTimeUntil, VirtualClock } from './virtual-clock.ts'
import { VirtualNetwork, type VirtualPeer } from './virtual-network.ts'
import type { Clock } from '../../src/core/bytes/index.ts'
import type { Storage } from '../../src/core/log/index.ts'
import type { PeerId } from '../../src/core/network/index.ts'

export interface Actor {
  readonly peer: Peer
  readonly network: VirtualPeer
  readonly storage: Storage
  readonly events: PeerEvent[]
}

export interface KeeperActor {
  readonly keeper: Keeper
  readonly network: VirtualPeer
  readonly storage: Storage
  /** Codes of its warnings. */
  readonly warnings: string[]
  stop(): Promise<void>
}

interface KeeperOptions {
  readonly quota?: number
  readonly storage?: Storage
  /** What the disk does when a room is to be forgotten, before it is. */
  readonly forgetting?: () => Promise<void>
}

/** Peers that talk on a virtual network in virtual time. */
export class Story {
  readonly clock = new VirtualClock(NOON)
  readonly network = new VirtualNetwork(this.clock)
  readonly #cast = new Map<string, Actor>()
  #seed = 100

  /** Brings a peer online, or back online with what it had stored. */
  async enter(name: string, storage = memoryStorage(), clock: Clock = this.clock): Promise<Actor> {
    this.#seed += 1
    const peer = await openPeer({ storage, clock, random: seededRandom(this.#seed) })
    const events: PeerEvent[] = []
    peer.listen(event => events.push(event))
    await peer.rename(name)
    const network = this.network.peer(`${name}x${String(this.#seed).replaceAll('0', 'z')}`)
    await peer.goOnline(network)
    for (const id of this.network.chosen) this.#connect(network, id)
    const actor = { peer, network, storage, events }
    this.#cast.set(name, actor)
    onTestFinished(() => peer.stop())
    return actor
  }

  /** Brings a relay online that keeps rooms, and that everybody chose to meet others at. */
  async enterKeeper(name: string, options: KeeperOptions = {}): Promise<KeeperActor> {
    this.#seed += 1
    const { quota = 2 ** 30, storage = memoryStorage(), forgetting = async () => undefined } = options
    const disk: Storage = {
      ...storage,
      async forget(room) {
        await forgetting()
        await storage.forget(room)
      }
    }
    const keeper = await openKeeper({ storage: disk, clock: this.clock, random: seededRandom(this.#seed), quota })
    const warnings: string[] = []
    keeper.listen(({ code }) => warnings.push(code))
    const network = this.network.peer(name)
    keeper.goOnline(network)
    this.network.chosen.add(network.self)
    for (const other of this.network.all()) this.network.connect(network, other)
    const stop = async (): Promise<void> => {
      this.network.chosen.delete(network.self)
      await keeper.stop()
      await network.stop()
    }
    onTestFinished(stop)
    return { keeper, network, storage, warnings, stop }
  }

  #connect(network: VirtualPeer, id: PeerId): void {
    const other = this.network.find(id)
    if (other !== undefined) this.network.connect(network, other)
  }

  until(what: string, condition: () => unknown): Promise<void> {
    return passTimeUntil(this.clock, what, condition)
  }

  wait(duration: number): Promise<void> {
    return passTime(this.clock, duration)
  }
}

/** What an actor sees in the room: `Name: text`, in order. */
export async function transcript({ peer }: Actor, room: string): Promise<string[]> {
  return (await peer.messages(room, { limit: 1000 })).map(line)
}

function line(message: Message): string {
  return `${message.nick}: ${message.text}`
}

export function eventsOf<K extends PeerEvent['event']>(actor: Actor, kind: K): Extract<PeerEvent, { event: K }>[] {
  return actor.events.filter((event): event is Extract<PeerEvent, { event: K }> => event.event === kind)
}
