import { tcp } from '@libp2p/tcp'
import { webRTC } from '@libp2p/webrtc'
import { webSockets } from '@libp2p/websockets'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { FrameStream, Libp2pNetworkOptions } from '../../src/core/network/index.ts'
import { startKillableRelay, type KillableRelay } from './killable-relay.ts'
import {
  circuitAddresses,
  connected,
  connectionTo,
  createCast,
  listenIn,
  ownAddresses,
  talk,
  until,
  type Actor
} from './network-cast.ts'

const cast = createCast()
afterEach(() => cast.release())

const never = new AbortController().signal
const DIAL_ONLY = { transports: [tcp()], listen: [] }
const OVER_WEBRTC = {
  transports: [webSockets(), webRTC({ rtcConfiguration: { iceServers: [] } })],
  listen: ['/webrtc']
}
/** A peer that others reach through a relay only. */
async function reserved(bootstrap: string[], options: Partial<Libp2pNetworkOptions>): Promise<Actor> {
  const actor = await cast.enter({ bootstrap, ...options })
  await until('a place at the relay', () => actor.network.relays().length > 0)
  return actor
}

test('Two peers whose only way is the circuit talk over it, by gossip and by stream', async () => {
  const relay = await cast.relay()
  const [ann, bo] = await Promise.all([
    reserved(ownAddresses(relay), DIAL_ONLY),
    reserved(ownAddresses(relay), DIAL_ONLY)
  ])
  expect(ann.network.relays()).toEqual([{ peer: relay.network.self, address: circuitAddresses(ann)[0] }])
  ann.network.keep(circuitAddresses(bo))
  await Promise.all([connected(ann, bo, 'relayed'), connected(bo, ann, 'relayed')])
  await talk(listenIn(ann, 'room'), listenIn(bo, 'room'), 'hello')
  const limits = {
    maxFrameBytes: 1_000_000,
    maxTotalBytes: 10_000_000,
    maxDuration: 20_000,
    maxStreamsPerPeer: 1,
    maxStreams: 1
  }
  bo.network.handle('/starling/echo/1', limits, async stream => stream.write((await stream.read()) ?? new Uint8Array()))
  const frame = new Uint8Array(900_000).fill(1)
  const open = (): Promise<FrameStream> => ann.network.open(bo.network.self, '/starling/echo/1', limits, never)
  const stream = await vi.waitFor(open, { timeout: 5_000 })
  await stream.write(frame)
  expect(await stream.read()).toEqual(frame)
})

test('A place at a relay on loopback is told, also by who announces another address and keeps loopback to itself', async () => {
  const relay = await cast.relay()
  const ann = await cast.enter({ ...DIAL_ONLY, bootstrap: ownAddresses(relay), announce: ['/ip4/44.0.0.9/tcp/1'] })
  await until('a place at the relay', () => ann.network.relays().length > 0)
  expect(ann.network.relays().map(({ peer }) => peer)).toEqual([relay.network.self])
  expect(circuitAddresses(ann)).toEqual([])
})

test('A circuit gives way to WebRTC, and gossip with it', async () => {
  const relay = await cast.relay()
  const [ann, bo] = await Promise.all([
    reserved(ownAddresses(relay), OVER_WEBRTC),
    reserved(ownAddresses(relay), OVER_WEBRTC)
  ])
  const [annHears, boHears] = [listenIn(ann, 'room'), listenIn(bo, 'room')]
  ann.network.keep(circuitAddresses(bo))
  await connected(ann, bo, 'relayed')
  await Promise.all([connected(ann, bo, 'webrtc'), connected(bo, ann, 'webrtc')])
  await relay.leave()
  await until('the loss of the relay', () => connectionTo(ann, relay) === undefined)
  expect(connectionTo(ann, bo)?.path).toBe('webrtc')
  await talk(annHears, boHears, 'without the relay')
})

test('Places are taken at two relays, and a relay gives a place away when its peer has gone', async () => {
  const relays = await Promise.all([cast.relay(), cast.relay()])
  const ann = await reserved(relays.flatMap(ownAddresses), DIAL_ONLY)
  await until('two places', () => ann.network.relays().length === 2)
  expect(new Set(ann.network.relays().map(({ peer }) => peer))).toEqual(
    new Set(relays.map(({ network }) => network.self))
  )
  const events = ann.events.filter(({ kind }) => kind === 'addresses').length
  await relays[0].leave()
  await until('the place to be lost', () => ann.network.relays().length === 1)
  await until('the change to be told', () => ann.events.filter(({ kind }) => kind === 'addresses').length > events)
})

let killable: KillableRelay | undefined
beforeEach(() => () => killable?.release())

test('A relay is killed: two peers talk on; it comes back: both take places again and new ones find their way', async () => {
  killable = await startKillableRelay()
  const { addresses } = killable
  const key = new Uint8Array(32).fill(3)
  const online = { ...OVER_WEBRTC, dht: 'client' as const }
  const [ann, bo] = await Promise.all([reserved(addresses, online), reserved(addresses, online)])
  const [annHears, boHears] = [listenIn(ann, 'room'), listenIn(bo, 'room')]
  for (const actor of [ann, bo]) actor.network.meet(key)
  await Promise.all([connected(ann, bo, 'webrtc'), connected(bo, ann, 'webrtc')])
  await killable.kill()
  await talk(annHears, boHears, 'without a relay')
  await until('the places to be lost', () => [ann, bo].every(({ network }) => network.relays().length === 0))
  await killable.comeBack()
  await until('the places to be taken again', () => [ann, bo].every(({ network }) => network.relays().length > 0))
  const cy = await reserved(addresses, online)
  cy.network.meet(key)
  const cyHears = listenIn(cy, 'room')
  await Promise.all([connected(cy, ann), connected(cy, bo)])
  await talk(annHears, cyHears, 'a newcomer')
})
