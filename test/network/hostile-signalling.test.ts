import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import type { Connection } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { lpStream } from '@libp2p/utils'
import { webRTC } from '@libp2p/webrtc'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import { concatBytes, encodeUtf8, systemRandom, toHex } from '../../src/core/bytes/index.ts'
import { circuitAddresses, connected, createCast, listenIn, ownAddresses, talk, until } from './network-cast.ts'
import { field, varint } from './protobuf.ts'

/** https://github.com/libp2p/specs/blob/master/webrtc/webrtc.md */
const SIGNALLING = '/webrtc-signaling/0.0.1'
const TYPE = { offer: 0, candidate: 2 } as const

const cast = createCast()
afterEach(() => cast.release())

const OVER_WEBRTC = {
  transports: [webSockets(), webRTC({ rtcConfiguration: { iceServers: [] } })],
  listen: ['/webrtc']
}

/** An offer that is well-formed, of somebody whom no candidate leads to. */
const OFFER = [
  'v=0',
  'o=- 1 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0',
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  'c=IN IP4 0.0.0.0',
  'a=ice-ufrag:abcd',
  'a=ice-pwd:abcdefghijklmnopqrstuvwx',
  `a=fingerprint:sha-256 ${toHex(new Uint8Array(32).fill(7)).replace(/..(?=.)/g, '$&:')}`,
  'a=setup:actpass',
  'a=mid:0',
  'a=sctp-port:5000',
  ''
].join('\r\n')

function message(type: number, data: string): Uint8Array {
  return concatBytes([Uint8Array.of(1 << 3), varint(type), field(2, encodeUtf8(data))])
}

function candidate(port: number): string {
  const words = `candidate:1 1 UDP 2122252543 127.0.0.1 ${port} typ host`
  return JSON.stringify({ candidate: words, sdpMid: '0', sdpMLineIndex: 0 })
}

/** Somebody with a circuit to this address, and nothing good in mind. */
async function circuitTo(address: string): Promise<Connection> {
  const node = await createLibp2p({
    addresses: { listen: [] },
    transports: [tcp(), circuitRelayTransport()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater: { denyDialMultiaddr: () => false },
    // Who does not answer a ping is taken for gone after two seconds.
    services: { identify: identify(), ping: ping() }
  })
  onTestFinished(async () => node.stop())
  return node.dial(multiaddr(address))
}

test('whoever signals garbage, nothing, or candidates without end keeps no others from WebRTC', async () => {
  const relay = await cast.relay()
  const ann = await cast.enter({ ...OVER_WEBRTC, bootstrap: ownAddresses(relay) })
  const bo = await cast.enter({ ...OVER_WEBRTC, bootstrap: ownAddresses(relay) })
  await until('places', () => [ann, bo].every(actor => circuitAddresses(actor).length > 0))
  const address = circuitAddresses(ann).find(
    each => !each.includes('/webrtc') && each.includes('/tcp/') && !each.includes('/ws')
  )
  const mallory = await circuitTo(address ?? '')
  const endings: Promise<string>[] = []
  for (const words of [
    [systemRandom(300)],
    [message(TYPE.candidate, candidate(9))],
    [message(TYPE.offer, 'v=0\r\nnonsense')],
    [message(9, '')],
    [
      message(TYPE.offer, OFFER),
      ...Array.from({ length: 2000 }, (_, index) => message(TYPE.candidate, candidate(1 + index)))
    ],
    ...Array.from({ length: 20 }, () => [])
  ]) {
    const stream = await mallory.newStream(SIGNALLING, { runOnLimitedConnection: true })
    endings.push(new Promise(resolve => stream.addEventListener('close', () => resolve(stream.status))))
    const wire = lpStream(stream)
    void (async () => {
      for (const each of words) await wire.write(each)
    })().catch(() => undefined)
  }
  ann.network.keep(circuitAddresses(bo))
  await Promise.all([connected(ann, bo, 'webrtc'), connected(bo, ann, 'webrtc')])
  await talk(listenIn(ann, 'room'), listenIn(bo, 'room'), 'hello')
  expect(await Promise.all(endings.slice(0, 4))).toEqual(['reset', 'reset', 'reset', 'reset'])
})
