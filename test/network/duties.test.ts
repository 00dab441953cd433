import { TopicValidatorResult } from '@libp2p/gossipsub'
import type { Connection, PeerRouting, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { webRTC } from '@libp2p/webrtc'
import { webSockets } from '@libp2p/websockets'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, expect, test, vi } from 'vitest'
import { systemClock, type Clock } from '../../src/core/bytes/index.ts'
import { pathOfAddress, type NetworkEvent, type PeerConnection } from '../../src/core/network/index.ts'
import { createConnections } from '../../src/core/network/libp2p/connections.ts'
import { dial } from '../../src/core/network/libp2p/dial.ts'
import { ping } from '../../src/core/network/libp2p/ping.ts'
import { keepConnected } from '../../src/core/network/libp2p/redial.ts'
import { createSlowWalk } from '../../src/core/network/libp2p/slow-walk.ts'
import { createTopics } from '../../src/core/network/libp2p/topics.ts'
import { connected, connectionTo, createCast, listenIn, ownAddresses, talk, until } from './network-cast.ts'
import { openRelay } from './open-node.ts'

const OVER_WEBRTC = {
  transports: [webSockets(), webRTC({ rtcConfiguration: { iceServers: [] } })],
  listen: ['/webrtc']
}
/** ICE cannot succeed: only TURN is allowed, and there is none. */
const HOPELESS_ICE = {
  transports: [webSockets(), webRTC({ rtcConfiguration: { iceServers: [], iceTransportPolicy: 'relay' } })],
  listen: ['/webrtc']
}

const withoutPeer = (address: string): string => address.replace(/\/p2p\/.*$/, '')

const isWebrtc = ({ remoteAddr }: Connection): boolean => pathOfAddress(remoteAddr.toString()) === 'webrtc'

const cast = createCast()
afterEach(async () => {
  await cast.release()
  vi.unstubAllGlobals()
})

test('A relay gives the place of a peer that has gone to others, and the peer gets one again', async () => {
  const { node, addresses } = await openRelay()
  const ann = await cast.enter({ bootstrap: addresses })
  await until('the place', () => node.services.relay?.reservations.size === 1)
  await ann.leave()
  await until('the place to be free', () => node.services.relay?.reservations.size === 0)
  await cast.enter({ bootstrap: addresses, folder: ann.folder })
  await until('the place again', () => node.services.relay?.reservations.size === 1)
})

test('Circuits are closed when WebRTC has replaced them, and not before', async () => {
  const { node, addresses } = await openRelay()
  const options = { ...OVER_WEBRTC, bootstrap: addresses }
  const [ann, bo] = await Promise.all([cast.enter(options), cast.enter(options)])
  await until('the places', () => bo.network.relays().length > 0 && ann.network.relays().length > 0)
  listenIn(ann, 'room')
  listenIn(bo, 'room')
  ann.network.keep(bo.network.addresses())
  await connected(ann, bo)
  const circuits = (): number =>
    node
      .getConnections()
      .flatMap(({ streams }) => streams)
      .filter(({ protocol }) => protocol.endsWith('/stop')).length
  expect(circuits()).toBeGreaterThan(0)
  await Promise.all([connected(ann, bo, 'webrtc'), connected(bo, ann, 'webrtc')])
  await until('the circuits to close', () => circuits() === 0)
  expect([connectionTo(ann, bo)?.path, connectionTo(bo, ann)?.path]).toEqual(['webrtc', 'webrtc'])
})

test('When only the circuit that carried it is cut, gossip goes on over the direct connection', async () => {
  const { node, addresses } = await openRelay()
  const options = { ...OVER_WEBRTC, bootstrap: addresses }
  const [ann, bo] = await Promise.all([cast.enter(options), cast.enter(options)])
  await until('the places', () => bo.network.relays().length > 0 && ann.network.relays().length > 0)
  const [annHears, boHears] = [listenIn(ann, 'room'), listenIn(bo, 'room')]
  ann.network.keep(bo.network.addresses())
  await until('gossip over the circuit', () => annHears.peers().length > 0 && boHears.peers().length > 0)
  await Promise.all([connected(ann, bo, 'webrtc'), connected(bo, ann, 'webrtc')])
  // By then each side has identified the other on the new connection, the last occasion on which gossipsub looks.
  for (const turn of ['one', 'two', 'three']) await talk(annHears, boHears, turn)
  for (const { streams } of node.getConnections()) {
    for (const stream of streams) if (stream.protocol.endsWith('/stop')) stream.abort(new Error('the circuit is cut'))
  }
  await talk(annHears, boHears, 'still here')
})

test('A WebRTC dial that fails leaves the circuit alone, and its ghost is closed and never taken for a connection', async () => {
  const relay = await openRelay()
  const bo = await openRelay({ ...HOPELESS_ICE, relayServer: false })
  const { scope } = bo
  const paths = new Set<string>()
  const tracked = createConnections(scope, {
    isPunched: () => false,
    shown: ({ path }) => paths.add(path),
    changed: () => undefined
  })
  await bo.node.dial(relay.addresses.map(address => multiaddr(address)))
  const target = await until('the place', () =>
    bo.node.getMultiaddrs().find(address => address.toString().includes('/webrtc/'))
  )
  const ghost = { opened: 0, closed: 0 }
  bo.node.addEventListener('connection:open', ({ detail }) => (ghost.opened += Number(isWebrtc(detail))))
  bo.node.addEventListener('connection:close', ({ detail }) => (ghost.closed += Number(isWebrtc(detail))))

  const ann = await openRelay({ ...HOPELESS_ICE, relayServer: false, relayClient: false })
  await expect(ann.scope.dialler.open(target, AbortSignal.timeout(2_000))).rejects.toThrow()
  await until('the ghost', () => ghost.opened > 0)
  await until('its end', () => ghost.closed === ghost.opened)
  expect(paths).toEqual(new Set(['direct', 'relayed']))
  const [circuit] = ann.node.getConnections(bo.node.peerId)
  if (circuit === undefined) throw new Error('the circuit is gone')
  expect(await ping(circuit, AbortSignal.timeout(5_000))).toBeGreaterThan(0)
  tracked.stop()
})

test("What libp2p dials by itself leaves others' loopback alone where there is another network; who is told to dial it does", async () => {
  const { node, scope } = await openRelay({ announce: ['/ip4/10.1.0.2/tcp/1'] })
  const bo = await cast.enter({ relayClient: false })
  const [address = ''] = ownAddresses(bo)
  await expect(node.dial(multiaddr(address))).rejects.toThrow('gater')
  expect(await dial(scope, [address])).toBe(bo.network.self)
})

test('Where this machine stands is not found out anew for each address that is weighed', async () => {
  const { node } = await openRelay()
  const found = vi.spyOn(node, 'getMultiaddrs')
  const nowhere = Array.from({ length: 16 }, (_, index) => multiaddr(`/ip4/127.0.1.${index}/tcp/1`))
  await expect(node.dial(nowhere)).rejects.toThrow()
  expect(found.mock.calls.length).toBeGreaterThan(0)
  expect(found.mock.calls.length).toBeLessThan(nowhere.length)
})

test('What libp2p dials by itself leaves WebRTC alone', async () => {
  const { addresses } = await openRelay()
  const bo = await cast.enter({ ...OVER_WEBRTC, bootstrap: addresses })
  await until('the place', () => bo.network.relays().length > 0)
  const { node } = await openRelay({ ...OVER_WEBRTC, relayServer: false, relayClient: false })
  const signalled = bo.network.addresses().filter(address => pathOfAddress(address) === 'webrtc')
  expect(signalled.length).toBeGreaterThan(0)
  await expect(node.dial(signalled.map(address => multiaddr(address)))).rejects.toThrow('gater')
})

test('A lost connection is dialled again by itself, until it is released', async () => {
  const opened = await openRelay()
  const { node } = opened
  const ended = new AbortController()
  const bo = await cast.enter({ relayClient: false })
  const addresses = ownAddresses(bo)
  const connections = (): number => node.getConnections(peerIdFromString(bo.network.self)).length
  const scope = { ...opened.scope, signal: ended.signal }
  const keeper = keepConnected(scope, addresses, () => undefined)
  await until('the connection', () => connections() > 0)
  await bo.leave()
  await until('the loss', () => connections() === 0)
  const back = await cast.enter({ relayClient: false, folder: bo.folder, listen: addresses.map(withoutPeer) })
  await until('the connection again', () => connections() > 0)
  keeper.stop()
  keeper.stop()
  await back.leave()
  await until('the loss', () => connections() === 0)
  await cast.enter({ relayClient: false, folder: bo.folder, listen: addresses.map(withoutPeer) })
  await expect(until('a connection nobody wants', () => connections() > 0, 2_500)).rejects.toThrow('in vain')
  ended.abort()
})

/** The system's time, except that nothing takes longer than a moment. */
const hasty: Clock = {
  now: systemClock.now,
  after: (delay, run) => systemClock.after(Math.min(delay, 200), run)
}

test('A dial that never ends is given up, and the next one connects', async () => {
  const opened = await openRelay()
  const { node } = opened
  const bo = await cast.enter({ relayClient: false })
  const scope = { ...opened.scope, clock: hasty }
  const dial = vi.spyOn(scope.dialler, 'open').mockReturnValueOnce(new Promise(() => undefined))
  let failures = 0
  const keeper = keepConnected(scope, ownAddresses(bo), () => failures++)
  await until('the connection', () => node.getConnections(peerIdFromString(bo.network.self)).length > 0)
  expect(failures).toBe(1)
  expect(dial).toHaveBeenCalledTimes(2)
  keeper.stop()
})

test('A lost connection is dialled again also when no event told of the loss', async () => {
  const opened = await openRelay()
  const { node } = opened
  const bo = await cast.enter({ relayClient: false })
  const addresses = ownAddresses(bo)
  const unheard = ['addEventListener', 'removeEventListener']
  const deaf = new Proxy(node, {
    get: (target, key) => (unheard.includes(String(key)) ? () => undefined : Reflect.get(target, key))
  })
  const scope = { ...opened.scope, node: deaf, clock: hasty }
  const connections = (): number => node.getConnections(peerIdFromString(bo.network.self)).length
  const dial = vi.spyOn(scope.dialler, 'open')
  const keeper = keepConnected(scope, addresses, () => undefined)
  await until('the connection', () => dial.mock.settledResults[0]?.type === 'fulfilled')
  await bo.leave()
  await until('the loss', () => connections() === 0)
  await cast.enter({ relayClient: false, folder: bo.folder, listen: addresses.map(withoutPeer) })
  await until('the connection again', () => connections() > 0)
  keeper.stop()
})

test('A WebRTC connection whose gossip ends is asked at once, and closed when nobody answers', async () => {
  const { addresses } = await openRelay()
  const options = { ...OVER_WEBRTC, bootstrap: addresses }
  const ann = await cast.enter(options)
  const { node } = await openRelay({ ...OVER_WEBRTC, relayServer: false })
  await node.dial(addresses.map(address => multiaddr(address)))
  const isAnn = (connection: Connection): boolean => connection.remotePeer.toString() === ann.network.self
  const webrtc = (): Connection[] => node.getConnections().filter(each => isAnn(each) && isWebrtc(each))
  await until('the place', () => node.getMultiaddrs().length > 0)
  listenIn(ann, 'room')
  ann.network.keep(node.getMultiaddrs().map(String))
  const isGossip = ({ protocol, direction }: Stream): boolean =>
    protocol.startsWith('/meshsub/') && direction === 'inbound'
  const carrying = (): Connection[] => webrtc().filter(({ streams }) => streams.some(isGossip))
  await until('gossip over WebRTC', () => carrying().length > 0)
  const asked = carrying()

  await node.unhandle('/ipfs/ping/1.0.0')
  await node.handle('/ipfs/ping/1.0.0', () => undefined)
  for (const { streams } of asked) {
    for (const stream of streams.filter(isGossip)) stream.abort(new Error('the tab is gone'))
  }
  await until('the end', () => asked.every(({ status }) => status !== 'open'), 4_000)
})

test('Whoever is connected before anybody listens is told to the one who does', async () => {
  const [ann, bo] = await Promise.all([cast.enter(), cast.enter()])
  ann.network.keep(ownAddresses(bo))
  await until('the round trip, the last news for a while', () => connectionTo(ann, bo)?.rtt)
  const told: string[] = []
  const release = ann.network.listen(event => event.kind === 'peer' && told.push(event.connection.peer))
  ann.network.listen(event => event.kind === 'peer' && told.push('too late'))()
  expect(told).toEqual([])
  await until('the peer to be told', () => told.length > 0, 2_000)
  expect(told).toEqual([bo.network.self])
  release()
})

test('A page that is left hangs up', async () => {
  const { addresses } = await openRelay()
  const options = { ...OVER_WEBRTC, bootstrap: addresses }
  const bo = await cast.enter(options)
  const target = new EventTarget()
  vi.stubGlobal('addEventListener', target.addEventListener.bind(target))
  vi.stubGlobal('removeEventListener', target.removeEventListener.bind(target))
  const ann = await cast.enter(options)
  await until('the place', () => bo.network.relays().length > 0)
  ann.network.keep(bo.network.addresses())
  await connected(bo, ann, 'webrtc')
  target.dispatchEvent(new Event('pagehide'))
  await until('the loss', () => connectionTo(bo, ann) === undefined, 4_000)
})

test('A message of a topic that nobody here joined is dropped before it is kept', async () => {
  const { node } = await openRelay()
  const topics = createTopics(node)
  const judge = (topic: string): unknown =>
    node.services.pubsub.topicValidators.get(topic)?.(node.peerId, { type: 'unsigned', topic, data: Uint8Array.of(1) })
  expect(judge('room')).toBe(TopicValidatorResult.Ignore)
  const membership = topics.join('room', {
    validate: () => 'accept',
    deliver: () => undefined,
    joined: () => undefined
  })
  expect(judge('room')).toBe(TopicValidatorResult.Accept)
  expect(() =>
    topics.join('room', { validate: () => 'accept', deliver: () => undefined, joined: () => undefined })
  ).toThrow()
  membership.leave()
  expect(judge('room')).toBe(TopicValidatorResult.Ignore)
  topics.stop()
})

test('The search for relays queries the DHT with growing pauses, and ends at once', async () => {
  const pauses: number[] = []
  const clock: Clock = {
    now: () => 0,
    after(delay, run) {
      pauses.push(delay)
      if (pauses.length < 9) queueMicrotask(run)
      else queueMicrotask(() => ended.abort())
      return () => undefined
    }
  }
  const ended = new AbortController()
  let queries = 0
  const routing = {
    async *getClosestPeers() {
      queries++
      yield* []
    }
  } as unknown as PeerRouting
  for await (const peer of createSlowWalk(
    () => routing,
    clock,
    () => 0.5
  ).walk({ signal: ended.signal }))
    expect(peer).toBe('nobody')
  expect(queries).toBe(9)
  expect(pauses).toEqual([2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 120_000, 120_000, 120_000])
})

test('Once the addresses of this machine have changed, whoever does not answer is soon no longer there', async () => {
  const { node, addresses } = await openRelay()
  // Whoever is silent for the usual time stays connected here.
  const clock: Clock = {
    now: systemClock.now,
    after: (delay, run) => (delay < 5_000 ? systemClock.after(delay, run) : () => undefined)
  }
  let changed = (): void => undefined
  const watchAddresses = (listener: () => void) => {
    changed = listener
    return () => undefined
  }
  const ann = await cast.enter({ bootstrap: addresses, clock, watchAddresses })
  const relay = (): PeerConnection | undefined => ann.network.peers().find(({ rtt }) => rtt !== undefined)
  const { peer } = await until('the round trip', relay)
  await node.unhandle('/ipfs/ping/1.0.0')
  await node.handle('/ipfs/ping/1.0.0', () => undefined)
  changed()
  const isGone = (event: NetworkEvent): boolean =>
    event.kind === 'peer' && event.connection.peer === peer && event.connection.path === 'none'
  await until('the end', () => ann.events.some(isGone))
  expect(ann.events.some(({ kind }) => kind === 'woke')).toBe(true)
})
