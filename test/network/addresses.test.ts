import { expect, test } from 'vitest'
import { parseMultiaddr, pathOfAddress, peerOfAddress, relayOfAddress } from '../../src/core/network/index.ts'
import { compareAddresses, webrtcOverCircuit, withPeer } from '../../src/core/network/libp2p/addresses.ts'

const RELAY = '12D3KooWSGPbZiDEPWPbFh2yJGfB4NseyxQTGXQ7iSFZFobzaHJJ'
const PEER = '12D3KooWPMBHAifTn2THdj5t1DJ3CuyQG323UhjpiEQhYSgbwcd8'
const DIRECT = `/ip4/192.0.2.1/udp/4002/webrtc-direct/certhash/uEiAkH5a4DPGKUuOBjYw0CgwjvcJCJMD2K_1aluKR_tpevQ/p2p/${PEER}`
const CIRCUIT = `/ip4/192.0.2.1/tcp/4001/ws/p2p/${RELAY}/p2p-circuit/p2p/${PEER}`
const WEBRTC = `/ip4/192.0.2.1/tcp/4001/ws/p2p/${RELAY}/p2p-circuit/webrtc/p2p/${PEER}`

test('The path follows from the address, whichever side opened the connection', () => {
  expect(pathOfAddress(`/ip4/192.0.2.1/tcp/4001/p2p/${PEER}`)).toBe('direct')
  expect(pathOfAddress(DIRECT)).toBe('direct')
  expect(pathOfAddress(CIRCUIT)).toBe('relayed')
  expect(pathOfAddress(WEBRTC)).toBe('webrtc')
  expect(pathOfAddress(`/webrtc/p2p/${PEER}`)).toBe('webrtc')
})

test('An address names the peer at its end and the relay on the way', () => {
  expect(peerOfAddress(CIRCUIT)).toBe(PEER)
  expect(relayOfAddress(CIRCUIT)).toBe(RELAY)
  expect(peerOfAddress(`/ip4/192.0.2.1/tcp/4001/p2p/${RELAY}/p2p-circuit`)).toBeUndefined()
  expect(relayOfAddress(DIRECT)).toBeUndefined()
  expect(withPeer('/ip4/192.0.2.1/tcp/4001', PEER as never)).toBe(`/ip4/192.0.2.1/tcp/4001/p2p/${PEER}`)
  expect(withPeer(CIRCUIT, PEER as never)).toBe(CIRCUIT)
  expect(webrtcOverCircuit(CIRCUIT)).toBe(WEBRTC)
})

test('Direct addresses come before WebRTC, and circuits last', () => {
  expect([CIRCUIT, WEBRTC, DIRECT].sort(compareAddresses)).toEqual([DIRECT, WEBRTC, CIRCUIT])
})

test('A well-formed multiaddr passes in its normal form', () => {
  for (const address of [
    CIRCUIT,
    WEBRTC,
    DIRECT,
    '/ip4/0.0.0.0/tcp/0',
    '/ip6/::/tcp/4001',
    '/dns4/relay.example/tcp/443/wss'
  ]) {
    expect(parseMultiaddr(` ${address} `)).toMatchObject({ ok: true, value: expect.stringContaining('/') })
  }
})

test.each([
  '',
  '/',
  'relay.example:4001',
  '/ip4/300.1.1.1/tcp/1',
  '/ip4/127.0.0.1/tcp/65536',
  '/ip4/1.2.3.4/tcp',
  '/p2p/nobody',
  '/ip4/127.0.0.1/tcp/1\n/p2p'
])('Not a multiaddr: %j', text => {
  const result = parseMultiaddr(text)
  expect(result.ok ? result.value : result.error).toContain(
    'is not a multiaddr; one looks like /ip4/192.0.2.1/tcp/4001'
  )
})
