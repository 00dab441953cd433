import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, expect, test } from 'vitest'
import { hostedAddresses } from '../../src/core/network/libp2p/hosted-addresses.ts'
import { hostileBytes } from '../support/hostile-bytes.ts'
import { createCast, ownAddresses, until } from './network-cast.ts'

const cast = createCast()
afterEach(() => cast.release())

const PEER = '12D3KooWNSbPz58TWsPgy3Tq8ibf5We9g7zBy27guAySLC3whft3'

test('of what a relay names, only addresses with a host are taken, and not many', () => {
  const bytes = (text: string): Uint8Array => multiaddr(text).bytes
  const good = [bytes(`/ip4/192.0.2.1/tcp/1/p2p/${PEER}`), bytes(`/dns4/relay.example/tcp/443/tls/ws/p2p/${PEER}`)]
  const bad = [bytes(`/webrtc/p2p/${PEER}`), Uint8Array.of(255, 255), new Uint8Array(), bytes(`/p2p/${PEER}`)]
  expect(hostedAddresses([...bad, ...good])).toEqual(good)
  const [one = new Uint8Array()] = good
  expect(hostedAddresses(Array.from({ length: 100 }, () => one))).toHaveLength(16)
})

test('20,000 hostile addresses of a relay are left out without an exception', () => {
  const valid = multiaddr(`/ip4/192.0.2.1/tcp/1/p2p/${PEER}`).bytes
  const taken = hostedAddresses([...hostileBytes([valid])])
  for (const address of taken) expect(multiaddr(address).toString()).toMatch(/^\/(?:ip|dns)/)
})

test('a relay that takes WebRTC connections, too, names no address without a host', async () => {
  const relay = await cast.relay({ listen: ['/ip4/127.0.0.1/tcp/0', '/webrtc'] })
  const ann = await cast.enter({ bootstrap: ownAddresses(relay) })
  await until('a place', () => ann.network.relays().length > 0)
  await until('an address there', () => ann.network.addresses().some(address => address.includes('/p2p-circuit')))
  for (const { network } of [relay, ann]) {
    expect(network.addresses().filter(address => !/^\/(?:ip|dns)/.test(address))).toEqual([])
  }
})
