import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tcp } from '@libp2p/tcp'
import { webRTC } from '@libp2p/webrtc'
import { webSockets } from '@libp2p/websockets'
import { LevelDatastore } from 'datastore-level'
import { expect, vi } from 'vitest'
import { systemClock } from '../../src/core/bytes/index.ts'
import {
  createLibp2pNetwork,
  type Libp2pNetworkOptions,
  type Network,
  type NetworkEvent,
  type PeerConnection,
  type PeerId,
  type TopicMembership
} from '../../src/core/network/index.ts'
import { onLastingPort } from '../support/lasting-port.ts'

/** Peers on the loopback, and what they did. Everything made here ends with `release`. */
export interface Actor {
  readonly network: Network
  readonly events: NetworkEvent[]
  readonly folder: string
  /** Stops the network and its store; the folder stays until `release`, so that the actor may return. */
  leave(): Promise<void>
}

export interface Cast {
  enter(options?: Partial<Libp2pNetworkOptions> & { folder?: string }): Promise<Actor>
  relay(options?: Partial<Libp2pNetworkOptions> & { folder?: string }): Promise<Actor>
  release(): Promise<void>
}

const LOCAL_TCP = '/ip4/127.0.0.1/tcp/0'

export function createCast(): Cast {
  const actors: Actor[] = []
  const folders: string[] = []

  async function newFolder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'starling-network-'))
    folders.push(folder)
    return folder
  }

  async function enter(options: Partial<Libp2pNetworkOptions> & { folder?: string } = {}): Promise<Actor> {
    const folder = options.folder ?? (await newFolder())
    const datastore = new LevelDatastore(join(folder, 'libp2p'))
    await datastore.open()
    const listen = await Promise.all((options.listen ?? [LOCAL_TCP]).map(onLastingPort))
    const network = await createLibp2pNetwork({
      transports: [tcp(), webSockets(), webRTC({ rtcConfiguration: { iceServers: [] } })],
      datastore,
      bootstrap: [],
      relayServer: false,
      dht: 'off',
      clock: systemClock,
      profile: 'node',
      ...options,
      listen
    }).catch(async (thrown: unknown) => {
      await datastore.close()
      throw thrown
    })
    const events: NetworkEvent[] = []
    network.listen(event => events.push(event))
    let left: Promise<void> | undefined
    const actor: Actor = {
      network,
      events,
      folder,
      leave: () => (left ??= network.stop().then(() => datastore.close()))
    }
    actors.push(actor)
    return actor
  }

  return {
    enter,
    relay: options => enter({ listen: [LOCAL_TCP, `${LOCAL_TCP}/ws`], relayServer: true, dht: 'server', ...options }),
    async release() {
      await Promise.all(actors.splice(0).map(actor => actor.leave()))
      await Promise.all(folders.splice(0).map(folder => rm(folder, { recursive: true, force: true })))
    }
  }
}

/** Waits for a condition; says what it waited for when it never comes. */
export async function until<T>(what: string, condition: () => T | undefined | false, limit = 60_000): Promise<T> {
  const end = Date.now() + limit
  for (;;) {
    const value = condition()
    if (value !== undefined && value !== false) return value
    if (Date.now() > end) throw new Error(`waited ${limit} ms in vain: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

export function connectionTo(from: Actor, to: Actor): PeerConnection | undefined {
  return from.network.peers().find(({ peer }) => peer === to.network.self)
}

export async function connected(from: Actor, to: Actor, path?: string): Promise<PeerConnection> {
  return until(`a ${path ?? ''} connection`, () => {
    const connection = connectionTo(from, to)
    return connection !== undefined && (path === undefined || connection.path === path) && connection
  })
}

/** The addresses at which others reach the actor without a relay. */
export function ownAddresses(actor: Actor): string[] {
  return actor.network.addresses().filter(address => !address.includes('/p2p-circuit'))
}

export function circuitAddresses(actor: Actor): string[] {
  return actor.network.addresses().filter(address => address.includes('/p2p-circuit/p2p/'))
}

/** A membership that takes every message, with what it got. */
export interface Listening extends TopicMembership {
  readonly heard: string[]
  readonly joiners: PeerId[]
}

export function listenIn(actor: Actor, topic: string): Listening {
  const heard: string[] = []
  const joiners: PeerId[] = []
  const membership = actor.network.join(topic, {
    validate: () => 'accept',
    deliver: message => heard.push(new TextDecoder().decode(message)),
    joined: peer => joiners.push(peer)
  })
  return { ...membership, heard, joiners }
}

export function say(membership: TopicMembership, text: string): Promise<number> {
  return membership.publish(new TextEncoder().encode(text))
}

/** Each says something until the other hears it: gossip may lose what is said while its stream is being opened anew. */
export async function talk(one: Listening, other: Listening, text: string): Promise<void> {
  for (const [speaker, listener] of [
    [one, other],
    [other, one]
  ] as const) {
    let turn = 0
    await vi.waitFor(
      async () => {
        await say(speaker, `${text} ${turn++}`)
        await vi.waitFor(() => expect(listener.heard.at(-1)).toContain(text), { timeout: 500, interval: 10 })
      },
      { timeout: 10_000, interval: 10 }
    )
  }
}
