import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { TypedEventEmitter, type PeerDiscoveryEvents, type PeerInfo } from '@libp2p/interface'
import { peerDiscoverySymbol } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { base58btc } from 'multiformats/bases/base58'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import { concatBytes, systemRandom } from '../../src/core/bytes/index.ts'
import type { PeerDiscoveryFactory } from '../../src/core/network/index.ts'
import {
  circuitAddresses,
  connected,
  connectionTo,
  createCast,
  ownAddresses,
  until,
  type Actor
} from './network-cast.ts'

const cast = createCast()
afterEach(() => cast.release())

/** A finder of local peers that finds whom the test names. */
class Finder extends TypedEventEmitter<PeerDiscoveryEvents> {
  readonly [peerDiscoverySymbol] = this
  readonly [Symbol.toStringTag] = 'finder'

  readonly factory: PeerDiscoveryFactory = () => this

  find(actor: Actor, addresses: readonly string[] = ownAddresses(actor)): void {
    this.findPeer(actor.network.self, addresses)
  }

  findPeer(peer: string, addresses: readonly string[]): void {
    const detail: PeerInfo = {
      id: peerIdFromString(peer),
      multiaddrs: addresses.map(a => multiaddr(a))
    }
    this.dispatchEvent(new CustomEvent('peer', { detail }))
  }
}

interface Finding extends Actor {
  readonly finder: Finder
}

async function enter(bootstrap: readonly string[]): Promise<Finding> {
  const finder = new Finder()
  return { ...(await cast.enter({ peerDiscovery: [finder.factory], bootstrap })), finder }
}

/** A PeerId that nobody has: the identity hash of an Ed25519 key (https://github.com/libp2p/specs/blob/master/peer-ids/peer-ids.md). */
function somebody(): string {
  return base58btc.encode(concatBytes([Uint8Array.of(0, 36, 8, 1, 18, 32), systemRandom(32)])).slice(1)
}

/** Two peers, the one with the smaller PeerId first. */
async function bySize(bootstrap: readonly string[] = []): Promise<[Finding, Finding]> {
  const [one, two] = await Promise.all([enter(bootstrap), enter(bootstrap)])
  return one.network.self < two.network.self ? [one, two] : [two, one]
}

test('Of two that discover each other the smaller PeerId dials, and there is one connection', async () => {
  const [small, great] = await bySize()
  great.finder.find(small)
  small.finder.find(great)
  const [fromSmall] = await Promise.all([connected(small, great), connected(great, small)])
  expect(ownAddresses(great)).toContain(fromSmall.address)
  expect(ownAddresses(small)).not.toContain(connectionTo(great, small)?.address)
})

test('The greater PeerId follows when the smaller one does not come', async () => {
  const [small, great] = await bySize()
  const began = Date.now()
  great.finder.find(small)
  const connection = await connected(great, small)
  expect(Date.now() - began).toBeGreaterThan(2_500)
  expect(ownAddresses(small)).toContain(connection.address)
})

/** Takes connections and says nothing on them: to who dials it is the same as what drops every packet. */
async function silent(at = 0): Promise<{ port: number; asked: Promise<unknown> }> {
  const server = createServer().listen(at, '127.0.0.1')
  const held: Socket[] = []
  server.on('connection', socket => held.push(socket))
  onTestFinished(() => {
    server.close()
    for (const socket of held) socket.destroy()
  })
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, asked: once(server, 'connection') }
}

test('An address that never answers does not hold up the next one', async () => {
  const [small, great] = await bySize()
  const { port } = await silent()
  const began = Date.now()
  // It mostly comes first; the peer store, which tells of them, too, has an order of its own, and then nobody asks there.
  small.finder.find(great, [`/ip4/127.0.0.1/tcp/${port}`, ...ownAddresses(great)])
  await connected(small, great)
  expect(Date.now() - began).toBeLessThan(8_000)
})

test('Peers that have gone do not keep one that is there waiting for its turn', async () => {
  const relay = await cast.relay()
  const [small, great] = await bySize([ownAddresses(relay)[0] ?? ''])
  const { port, asked } = await silent()
  const gone: string[] = []
  while (gone.length < 8) {
    const peer = somebody()
    if (peer > small.network.self) gone.push(peer)
  }
  const began = Date.now()
  const circuit = `${ownAddresses(relay)[0]}/p2p-circuit`
  for (const peer of gone) small.finder.findPeer(peer, [`/ip4/127.0.0.1/tcp/${port}`, circuit])
  await asked
  small.finder.find(great)
  await connected(small, great)
  expect(Date.now() - began).toBeLessThan(10_000)
})

test('A peer that was found before it had relays is reached through them while its other addresses are still being tried', async () => {
  const { port, asked } = await silent()
  const relays = await Promise.all([cast.relay(), cast.relay()])
  const [small, great] = await bySize(relays.map(relay => ownAddresses(relay)[0] ?? ''))
  const circuits = await until('a place at a relay', () => {
    const found = circuitAddresses(great)
    return found.length > 0 && found
  })

  small.finder.find(great, [`/ip4/127.0.0.1/tcp/${port}/ws`])
  await asked
  const began = Date.now()
  // As the DHT tells them: without the peer at the end.
  const bare = circuits.map(address => address.replace(`/p2p/${great.network.self}`, ''))
  small.finder.find(great, bare)
  await connected(small, great)
  expect(Date.now() - began).toBeLessThan(8_000)
})

test('A circuit does not wait for another dial of the same peer, which leads nowhere', async () => {
  const { port, asked } = await silent()
  const relay = await cast.relay()
  const [small, great] = await bySize([ownAddresses(relay)[0] ?? ''])
  const circuits = await until('a place at the relay', () => {
    const found = circuitAddresses(great)
    return found.length > 0 && found
  })
  small.network.keep([`/ip4/127.0.0.1/tcp/${port}/ws/p2p/${great.network.self}`])
  await asked
  const began = Date.now()
  small.finder.find(great, circuits)
  await connected(small, great)
  expect(Date.now() - began).toBeLessThan(8_000)
})

test('A discovered peer that went is dialled again when it is back', async () => {
  const [small, great] = await bySize()
  small.finder.find(great)
  await connected(small, great)
  const [address = ''] = ownAddresses(great)
  await great.leave()
  await until('the loss', () => connectionTo(small, great) === undefined)
  const back = await cast.enter({ folder: great.folder, listen: [address.replace(/\/p2p\/.*$/, '')] })
  await connected(small, back)
})

test('Two peers that know different relays of one DHT meet under a key; without the DHT they do not', async () => {
  const key = new Uint8Array(32).fill(1)
  const first = await cast.relay()
  const second = await cast.relay({ bootstrap: ownAddresses(first) })
  await connected(first, second)
  const ann = await cast.enter({ bootstrap: ownAddresses(first), dht: 'client' })
  const bo = await cast.enter({ bootstrap: ownAddresses(second), dht: 'server' })
  const cy = await cast.enter({ bootstrap: ownAddresses(second), dht: 'off' })
  const leave = [ann, bo, cy].map(actor => actor.network.meet(key))
  await Promise.all([connected(ann, bo), connected(bo, ann)])
  expect(connectionTo(cy, ann)).toBeUndefined()
  expect(connectionTo(cy, bo)).toBeUndefined()
  for (const end of [...leave, ...leave]) end()
})

test('DHT servers that have gone, and whose addresses never answer, do not keep two from meeting', async () => {
  const relay = await cast.relay()
  const gone = await Promise.all([1, 2, 3].map(() => cast.relay({ bootstrap: ownAddresses(relay) })))
  for (const actor of gone) await connected(relay, actor)
  const ann = await cast.enter({ bootstrap: ownAddresses(relay), dht: 'client' })
  await until('the others to be known', () => gone.every(actor => connectionTo(ann, actor) !== undefined))
  await ann.leave()
  for (const actor of gone) {
    const ports = ownAddresses(actor).map(address => Number(/tcp\/(\d+)/.exec(address)?.[1]))
    await actor.leave()
    for (const port of ports) await silent(port)
  }
  const key = new Uint8Array(32).fill(4)
  const options = { bootstrap: ownAddresses(relay), dht: 'client' as const }
  const [cy, dee] = await Promise.all([cast.enter(options), cast.enter(options)])
  const began = Date.now()
  for (const { network } of [cy, dee]) network.meet(key)
  await connected(cy, dee)
  expect(Date.now() - began).toBeLessThan(12_000)
})

test('Who meets later, while nobody knows a relay yet, finds the other soon after a relay is there', async () => {
  const key = new Uint8Array(32).fill(2)
  const relay = await cast.relay()
  const [address = ''] = ownAddresses(relay)
  await relay.leave()
  const ann = await cast.enter({ bootstrap: [address], dht: 'client' })
  const bo = await cast.enter({ bootstrap: [address], dht: 'client' })
  ann.network.meet(key)
  bo.network.meet(key)
  await until('the warnings', () => [ann, bo].every(({ events }) => events.some(({ kind }) => kind === 'warning')))
  await cast.relay({ folder: relay.folder, listen: [address.replace(/\/p2p\/.*$/, '')] })
  await Promise.all([connected(ann, bo), connected(bo, ann)])
})
