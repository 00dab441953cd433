import { once } from 'node:events'
import { circuitRelayServer, circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { webRTC } from '@libp2p/webrtc'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { RTCPeerConnection } from 'node-datachannel/polyfill'
import { expect, onTestFinished, test } from 'vitest'
import { mendOffers } from '../../src/node/peer/webrtc-offers.ts'

mendOffers(RTCPeerConnection)

function connection() {
  const opened = new RTCPeerConnection({ iceServers: [] })
  onTestFinished(() => opened.close())
  return opened
}

async function gathered(one: ReturnType<typeof connection>): Promise<void> {
  while (one.iceGatheringState !== 'complete') await once(one, 'icegatheringstatechange')
}

test('Who makes an offer tells its candidates once the answer has been taken over', async () => {
  const [dialler, listener] = [connection(), connection()]
  const told: string[] = []
  dialler.addEventListener('icecandidate', () => told.push(dialler.signalingState))
  dialler.createDataChannel('init')
  const offer = await dialler.createOffer()
  await dialler.setLocalDescription(offer)
  await gathered(dialler)
  expect(told).toEqual([])
  await listener.setRemoteDescription(offer as never)
  await dialler.setRemoteDescription((await listener.createAnswer()) as never)
  expect(new Set(told)).toEqual(new Set(['stable']))
})

test('Who waits for the channel of a connection that failed is told at once', async () => {
  const dialler = connection()
  const channel = dialler.createDataChannel('init')
  const told = once(channel as unknown as EventTarget, 'error')
  dialler.close()
  expect(await told).toMatchObject([{ type: 'error' }])
})

const RUNS = 12
/** Far below what libp2p gives a dial, and far above what one takes. */
const LIMIT = 4000

test('Dials by WebRTC, one after the other, all reach the other side in time', async () => {
  const relay = await start({ listen: ['/ip4/127.0.0.1/tcp/0'], services: { relay: circuitRelayServer() } })
  const circuit = `${String(relay.getMultiaddrs()[0])}/p2p-circuit`
  const places = { listen: [circuit, '/webrtc'], services: {} }
  const [anna, bob] = [await start(places), await start(places)]
  const address = multiaddr(`${circuit}/webrtc/p2p/${bob.peerId.toString()}`)
  for (let run = 0; run < RUNS; run++) {
    const connection = await anna.dial(address, { signal: AbortSignal.timeout(LIMIT), force: true })
    expect(connection.remoteAddr.toString()).toContain('/webrtc/')
    const gone = once(anna as unknown as EventTarget, 'peer:disconnect')
    for (const each of anna.getConnections(bob.peerId)) each.abort(new Error('the next one'))
    await gone
  }
})

async function start({ listen, services }: { listen: string[]; services: Record<string, unknown> }): Promise<Libp2p> {
  const node = await createLibp2p({
    addresses: { listen },
    transports: [tcp(), circuitRelayTransport(), webRTC({ rtcConfiguration: { iceServers: [] } })],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionMonitor: { enabled: false },
    connectionGater: { denyDialMultiaddr: () => false },
    connectionManager: { inboundConnectionThreshold: Infinity },
    services: { identify: identify(), ...services }
  })
  onTestFinished(() => node.stop())
  return node
}
