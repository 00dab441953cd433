import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import type { PeerId } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { DHT_PROTOCOL } from '../../src/core/network/libp2p/dht.ts'
import { meet, meetingPlace } from '../../src/core/network/libp2p/meeting.ts'
import type { Node } from '../../src/core/network/libp2p/node.ts'
import { onLastingPort } from '../support/lasting-port.ts'
import { createCast, ownAddresses, until, type Actor } from './network-cast.ts'
import { openRelay } from './open-node.ts'

const cast = createCast()
afterEach(() => cast.release())

test('Who announces a key in the DHT is found under it, with addresses', async () => {
  const { addresses } = await openRelay()
  const bo = await cast.enter({ bootstrap: addresses, dht: 'client' })
  const { node, scope } = await openRelay({ relayServer: false, dht: 'client' })
  await node.dial(addresses.map(address => multiaddr(address)))
  const found: [string, readonly string[]][] = []
  const key = new Uint8Array(32).fill(5)
  const meeting = meet(scope, key, (peer, at) => found.push([peer, at]))
  const leave = bo.network.meet(key)
  const [peer, at] = await until('the other', () => found[0])
  expect(peer).toBe(bo.network.self)
  expect(at.length).toBeGreaterThan(0)
  meeting.stop()
  meeting.stop()
  leave()
})

test('Who has a public address serves the DHT once it is announced, and nobody else begins to', async () => {
  const { node, addresses } = await openRelay()
  const options = { bootstrap: addresses, dht: 'client' as const }
  const [ann, bo] = [await cast.enter({ ...options, announce: ['/ip4/44.0.0.9/tcp/1'] }), await cast.enter(options)]
  const serves = async ({ network }: Actor): Promise<boolean> => {
    const [connection] = node.getConnections(peerIdFromString(network.self))
    const stream = await connection?.newStream(DHT_PROTOCOL).catch(() => undefined)
    stream?.abort(new Error('that was all'))
    return stream !== undefined
  }
  await vi.waitFor(async () => expect(await serves(ann)).toBe(true), { timeout: 10_000 })
  await until('the place of the other', () => bo.network.relays().length > 0)
  expect(await serves(bo)).toBe(false)
})

test('Who meets others under a key is not dialled by the search for them', async () => {
  const server = createServer(socket => socket.destroy()).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  let dials = 0
  server.on('connection', () => (dials += 1))
  const announced = `/ip4/127.0.0.1/tcp/${(server.address() as AddressInfo).port}`
  const { addresses } = await openRelay()
  const bo = await cast.enter({ bootstrap: addresses, dht: 'client', announce: [announced], relayClient: false })
  const { node, scope } = await openRelay({ relayServer: false, dht: 'client' })
  await node.dial(addresses.map(address => multiaddr(address)))
  const found: (readonly string[])[] = []
  const key = new Uint8Array(32).fill(6)
  const leave = bo.network.meet(key)
  const meeting = meet(scope, key, (_, at) => found.push(at))
  await until('the other, time and again', () => found.length > 3)
  expect(found.flat()).toContain(announced)
  expect(dials).toBe(0)
  meeting.stop()
  leave()
})

/** Those who answered a search for the peer. */
async function closestTo(node: Node, peer: PeerId): Promise<string[]> {
  const found: string[] = []
  for await (const { id } of node.peerRouting.getClosestPeers(peer.toMultihash().bytes)) found.push(String(id))
  return found
}

async function firstProvider(node: Node, key: Uint8Array): Promise<string> {
  for await (const { id } of node.contentRouting.findProviders(meetingPlace(key))) return String(id)
  throw new Error('nobody provides it')
}

/** Resolves when the DHT has searched for its own neighbours, which it does once when it starts, as soon as it knows anybody. */
function searchForNeighbours(node: Node): Promise<void> {
  return new Promise(resolve => node.addEventListener('kad-dht:query:self' as never, () => resolve(), { once: true }))
}

/** A server of the DHT that the relay goes on naming after it has gone, how often somebody dials it then, in vain, and whether they have given up. */
async function goneServer(relay: Node): Promise<{ peer: PeerId; dials(): number; isGivenUp(): boolean }> {
  const listen = await onLastingPort('/ip4/127.0.0.1/tcp/0')
  const { node } = await openRelay({ listen: [listen] })
  const searched = searchForNeighbours(relay)
  await node.dial(relay.getMultiaddrs())
  await vi.waitFor(async () => expect(await closestTo(relay, node.peerId)).toContain(String(node.peerId)), {
    timeout: 10_000
  })
  await searched
  await node.stop()
  const held: Socket[] = []
  const server = createServer(socket => held.push(socket.resume())).listen(
    Number(listen.split('/').at(-1)),
    '127.0.0.1'
  )
  onTestFinished(() => {
    server.close()
    for (const socket of held) socket.destroy()
  })
  await once(server, 'listening')
  return { peer: node.peerId, dials: () => held.length, isGivenUp: () => held.every(({ closed }) => closed) }
}

test('The DHT leaves a server that is reached through a relay to those who look for a better way', async () => {
  const { node: relay, addresses } = await openRelay()
  const { node: bo } = await openRelay({ relayServer: false, relayClient: true, dht: 'server' })
  await bo.dial(addresses.map(address => multiaddr(address)))
  const circuit = await until('the place', () =>
    bo.getMultiaddrs().find(address => address.toString().includes('/p2p-circuit'))
  )
  const { node: ann } = await openRelay({ relayServer: false, relayClient: false, dht: 'client' })
  await ann.dial(addresses.map(address => multiaddr(address)))
  await ann.dial(circuit)
  await vi.waitFor(async () => expect(await closestTo(ann, bo.peerId)).toContain(String(relay.peerId)), {
    timeout: 10_000
  })
  expect((await ann.peerStore.get(bo.peerId)).protocols).toContain(DHT_PROTOCOL)
  expect(ann.getConnections(bo.peerId).map(({ limits }) => limits === undefined)).toEqual([false])
})

test('A first search finds who is there before it is known that a server has gone', async () => {
  const { node: relay, addresses } = await openRelay()
  const bo = await cast.enter({ bootstrap: addresses, dht: 'client' })
  const key = new Uint8Array(32).fill(7)
  const leave = bo.network.meet(key)
  await goneServer(relay)
  await vi.waitFor(async () => expect(await firstProvider(relay, key)).toBe(bo.network.self), { timeout: 10_000 })
  const { node: ann, scope } = await openRelay({ relayServer: false, dht: 'client' })
  const news: string[] = []
  void searchForNeighbours(ann).then(() => news.push('its neighbours'))
  await ann.dial(addresses.map(address => multiaddr(address)))
  const meeting = meet(scope, key, peer => news.push(peer))
  await until('the search for neighbours to end', () => news.includes('its neighbours'))
  expect(news[0]).toBe(bo.network.self)
  meeting.stop()
  leave()
})

test('A server that has gone is dialled once, not by each search', async () => {
  const { node: relay, addresses } = await openRelay()
  const { peer, dials } = await goneServer(relay)
  const { node: ann } = await openRelay({ relayServer: false, dht: 'client' })
  await ann.dial(addresses.map(address => multiaddr(address)))
  await vi.waitFor(async () => expect(await closestTo(ann, peer)).toContain(String(relay.peerId)), { timeout: 10_000 })
  await until('the dial', () => dials() > 0)
  for (let search = 0; search < 3; search += 1) {
    expect(await closestTo(ann, peer)).toEqual([String(relay.peerId)])
  }
  expect(dials()).toBe(1)
})

test('Who has changed networks asks a server again that was not reached by the one before', async () => {
  const { node: relay, addresses } = await openRelay()
  const { dials, isGivenUp } = await goneServer(relay)
  let changed = (): void => undefined
  const watchAddresses = (listener: () => void) => {
    changed = listener
    return () => undefined
  }
  const bo = await cast.enter({ dht: 'client', watchAddresses })
  // Who has enough peers dials nobody but those whom it searches by.
  const others = await Promise.all(Array.from({ length: 8 }, () => openRelay({ relayServer: false, dht: 'off' })))
  for (const other of others) bo.network.keep(other.addresses)
  await until('enough peers', () => bo.network.peers().length === others.length)
  bo.network.keep(addresses)
  let searches = 0
  const searchUntil = (condition: () => boolean): Promise<void> =>
    vi.waitFor(
      () => {
        onTestFinished(bo.network.meet(new Uint8Array(32).fill((searches += 1))))
        expect(condition()).toBe(true)
      },
      { timeout: 20_000, interval: 500 }
    )
  await searchUntil(() => dials() > 0 && isGivenUp())
  const before = dials()
  changed()
  await searchUntil(() => dials() > before)
})

test('A relay names no server of the DHT any more that has left', async () => {
  const relay = await cast.relay()
  const bootstrap = ownAddresses(relay)
  const bo = await cast.relay({ bootstrap })
  const { node: ann } = await openRelay({ relayServer: false, dht: 'client' })
  await ann.dial(bootstrap.map(address => multiaddr(address)))
  const isNamed = async (): Promise<boolean> => {
    for await (const event of ann.services.dht?.getClosestPeers(new Uint8Array(32)) ?? []) {
      const told = event.name === 'PEER_RESPONSE' && String(event.from) === relay.network.self ? event.closer : []
      if (told.some(({ id }) => String(id) === bo.network.self)) return true
    }
    return false
  }
  await vi.waitFor(async () => expect(await isNamed()).toBe(true), { timeout: 10_000 })
  await bo.leave()
  await vi.waitFor(async () => expect(await isNamed()).toBe(false), { timeout: 20_000 })
})
