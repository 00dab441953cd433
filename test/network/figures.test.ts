import { webRTC } from '@libp2p/webrtc'
import { webSockets } from '@libp2p/websockets'
import { afterEach, expect, test } from 'vitest'
import { connected, createCast, listenIn, ownAddresses, say, talk, until } from './network-cast.ts'

const cast = createCast()
afterEach(() => cast.release())

const OVER_WEBRTC = {
  transports: [webSockets(), webRTC({ rtcConfiguration: { iceServers: [] } })],
  listen: ['/webrtc']
}

test('Figures tell who carries a relayed peer, how long until a better way, and which ICE pair that is', async () => {
  const relay = await cast.relay()
  const options = { ...OVER_WEBRTC, bootstrap: ownAddresses(relay) }
  const [ann, bo] = [await cast.enter(options), await cast.enter(options)]
  const toBo = await until('an address', () => bo.network.addresses().find(each => each.includes('/p2p-circuit/p2p/')))
  const seen: (string | undefined)[] = []
  ann.network.listen(event => {
    if (event.kind !== 'peer' || event.connection.peer !== bo.network.self) return
    if (event.connection.path === 'relayed') seen.push(ann.network.figures?.of(bo.network.self)?.relay)
  })
  ann.network.keep([toBo])
  await connected(ann, bo, 'webrtc')
  expect(seen[0]).toBe(relay.network.self)
  const figures = ann.network.figures?.of(bo.network.self)
  expect(figures?.upgrade).toBeGreaterThan(0)
  expect(figures).not.toHaveProperty('relay')
  expect(figures).not.toHaveProperty('tries')
  expect(Math.abs(Date.now() - (figures?.since ?? 0))).toBeLessThan(60_000)
  const ice = await ann.network.figures?.ice(bo.network.self)
  expect(ice?.pair).toEqual({ local: expect.stringMatching(/host|prflx/), remote: expect.stringMatching(/host|prflx/) })
  expect(await ann.network.figures?.ice(relay.network.self)).toBeUndefined()
})

test('Traffic is counted in both directions, and the count ends with the connection', async () => {
  const ann = await cast.enter()
  const bo = await cast.enter()
  const release = ann.network.keep(ownAddresses(bo))
  await connected(ann, bo)
  const [annHears, boHears] = [listenIn(ann, 'topic'), listenIn(bo, 'topic')]
  await until('the topic to form', () => annHears.peers().length > 0 && boHears.peers().length > 0)
  await talk(annHears, boHears, 'first')
  const sent = (): number => ann.network.figures?.of(bo.network.self)?.sent ?? 0
  const received = (): number => bo.network.figures?.of(ann.network.self)?.received ?? 0
  const [sentBefore, receivedBefore] = [sent(), received()]
  await say(annHears, 'x'.repeat(10_000))
  await until('it to be counted', () => received() - receivedBefore >= 10_000 && sent() - sentBefore >= 10_000)
  release()
  await bo.leave()
  await until('the end', () => ann.network.figures?.of(bo.network.self) === undefined)
})
