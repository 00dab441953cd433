import { createServer, type Socket } from 'node:net'
import { tcp } from '@libp2p/tcp'
import { webRTC } from '@libp2p/webrtc'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import { connected, connectionTo, createCast, listenIn, ownAddresses, talk } from './network-cast.ts'

const cast = createCast()
afterEach(() => cast.release())

const DIAL_ONLY = { transports: [tcp()], listen: [] }
/** More than dials of one address in the time of a test, and far fewer than a loop makes. */
const MAX_DIALS = 8

/** Somebody who has nothing to do with all this, and says nothing. */
async function victim(): Promise<{ address: string; sockets: Socket[] }> {
  const sockets: Socket[] = []
  const server = createServer(socket => sockets.push(socket.on('error', () => undefined)))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as { port: number }
  return { sockets, address: `/ip4/127.0.0.1/tcp/${port}` }
}

test('who announces addresses of others is reached by the circuit, and those others are left alone', async () => {
  const [relay, other, { address, sockets }] = [await cast.relay(), await cast.enter(), await victim()]
  const [ofOther = ''] = ownAddresses(other).map(each => each.replace(/\/p2p\/.*/, ''))
  const announce = [address, ofOther, '/ip4/127.0.0.1/tcp/9']
  const ann = await cast.enter({ ...DIAL_ONLY, bootstrap: ownAddresses(relay), announce })
  const bo = await cast.enter({ ...DIAL_ONLY, bootstrap: ownAddresses(relay) })
  for (const false_ of announce) expect(ann.network.addresses().some(each => each.startsWith(false_))).toBe(true)
  // Of a relay on the loopback no address is told beside announced ones.
  const circuit = `${ownAddresses(relay)[0]}/p2p-circuit/p2p/${ann.network.self}`
  bo.network.keep([...ann.network.addresses(), circuit])
  await connected(bo, ann, 'relayed')
  await talk(listenIn(ann, 'room'), listenIn(bo, 'room'), 'hello')
  expect(connectionTo(bo, other)).toBeUndefined()
  expect(sockets.length).toBeGreaterThan(0)
  expect(sockets.length).toBeLessThan(MAX_DIALS)
})

test('nor does it hold up the way by WebRTC', async () => {
  const [relay, { address }] = [await cast.relay(), await victim()]
  const over = { transports: [tcp(), webRTC({ rtcConfiguration: { iceServers: [] } })], listen: ['/webrtc'] }
  const ann = await cast.enter({ ...over, bootstrap: ownAddresses(relay), announce: [address] })
  const bo = await cast.enter({ ...over, bootstrap: ownAddresses(relay) })
  bo.network.keep([...ann.network.addresses(), `${ownAddresses(relay)[0]}/p2p-circuit/p2p/${ann.network.self}`])
  await connected(bo, ann, 'relayed')
  await connected(bo, ann, 'webrtc')
})

test('who announces more addresses than are tried is reached by the circuit', async () => {
  const relay = await cast.relay()
  const announce = Array.from({ length: 20 }, (_, index) => `/ip4/127.0.0.1/tcp/${index + 1}`)
  const ann = await cast.enter({ ...DIAL_ONLY, bootstrap: ownAddresses(relay), announce })
  const bo = await cast.enter({ ...DIAL_ONLY, bootstrap: ownAddresses(relay) })
  bo.network.keep([...ann.network.addresses(), `${ownAddresses(relay)[0]}/p2p-circuit/p2p/${ann.network.self}`])
  await connected(bo, ann, 'relayed')
})
