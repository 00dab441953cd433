import { TypedEventEmitter, type PeerDiscoveryEvents, type PeerInfo } from '@libp2p/interface'
import { peerDiscoverySymbol } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, expect, test } from 'vitest'
import type { PeerDiscoveryFactory } from '../../src/core/network/index.ts'
import { connected, connectionTo, createCast, ownAddresses, until, type Actor } from './network-cast.ts'

const cast = createCast()
afterEach(() => cast.release())

/** A finder of local peers that finds whom the test names. */
class Finder extends TypedEventEmitter<PeerDiscoveryEvents> {
  readonly [peerDiscoverySymbol] = this
  readonly [Symbol.toStringTag] = 'finder'

  readonly factory: PeerDiscoveryFactory = () => this

  find(actor: Actor): void {
    const detail: PeerInfo = {
      id: peerIdFromString(actor.network.self),
      multiaddrs: ownAddresses(actor).map(a => multiaddr(a))
    }
    this.dispatchEvent(new CustomEvent('peer', { detail }))
  }
}

interface Finding extends Actor {
  readonly finder: Finder
}

async function enter(): Promise<Finding> {
  const finder = new Finder()
  return { ...(await cast.enter({ peerDiscovery: [finder.factory] })), finder }
}

/** Two peers, the one with the smaller PeerId first. */
async function bySize(): Promise<[Finding, Finding]> {
  const [one, two] = await Promise.all([enter(), enter()])
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
