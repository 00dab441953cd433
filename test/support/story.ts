import { onTestFinished } from 'vitest'
import { openPeer, type Message, type Peer, type PeerEvent } from '../../src/core/chat/index.ts'
import { NOON } from './cast.ts'
import { memoryStorage } from './memory-storage.ts'
import { seededRandom } from './seeded-random.ts'
import { passTime, passTimeUntil, VirtualClock } from './virtual-clock.ts'
import { VirtualNetwork, type VirtualPeer } from './virtual-network.ts'
import type { Storage } from '../../src/core/log/index.ts'

export interface Actor {
  readonly peer: Peer
  readonly network: VirtualPeer
  readonly storage: Storage
  readonly events: PeerEvent[]
}

/** Peers that talk on a virtual network in virtual time. */
export class Story {
  readonly clock = new VirtualClock(NOON)
  readonly network = new VirtualNetwork(this.clock)
  readonly #cast = new Map<string, Actor>()
  #seed = 100

  /** Brings a peer online, or back online with what it had stored. */
  async enter(name: string, storage = memoryStorage()): Promise<Actor> {
    this.#seed += 1
    const peer = await openPeer({ storage, clock: this.clock, random: seededRandom(this.#seed) })
    const events: PeerEvent[] = []
    peer.listen(event => events.push(event))
    await peer.rename(name)
    const network = this.network.peer(`${name}-${this.#seed}`)
    await peer.goOnline(network)
    const actor = { peer, network, storage, events }
    this.#cast.set(name, actor)
    onTestFinished(() => peer.stop())
    return actor
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
