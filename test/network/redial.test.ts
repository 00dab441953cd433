import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { webSockets } from '@libp2p/websockets'
import { connected, connectionTo, createCast, ownAddresses, until, type Actor } from './network-cast.ts'
import { startKillableRelay } from './killable-relay.ts'

const cast = createCast()
afterEach(() => cast.release())

const OVER_WS = { transports: [webSockets()], listen: [] }

function warnings(actor: Actor): string[] {
  return actor.events.flatMap(event => (event.kind === 'warning' ? [event.text] : []))
}

/** Keeps others from listening on a port that is to be taken again, and hangs up on whoever calls. */
async function holdPort(port: number): Promise<{ release(): Promise<void> }> {
  const server = createServer(socket => socket.destroy()).listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    async release() {
      server.close()
      await once(server, 'close')
    }
  }
}

test('A kept peer is dialled again after it was killed, over a WebSocket, until it is released', async () => {
  const relay = await startKillableRelay()
  const isRelay = ({ peer }: { peer: string }): boolean => relay.addresses[0]?.endsWith(peer) ?? false
  try {
    const ann = await cast.enter(OVER_WS)
    const release = ann.network.keep(relay.addresses)
    await until('the connection', () => ann.network.peers().some(isRelay))
    await relay.kill()
    await until('the loss', () => !ann.network.peers().some(isRelay))
    await relay.comeBack()
    await until('the connection again', () => ann.network.peers().some(isRelay))
    release()
    release()
  } finally {
    await relay.release()
  }
})

test('A bootstrap address at which nobody answers is named once; who comes up there later is reached', async () => {
  const bo = await cast.enter()
  const [address = ''] = ownAddresses(bo)
  await bo.leave()
  const place = await holdPort(Number(/tcp\/(\d+)/.exec(address)?.[1]))
  const ann = await cast.enter({ bootstrap: [address, 'not even an address'] })
  await until('the warnings', () => warnings(ann).length === 2)
  await place.release()
  expect(warnings(ann)).toContain(`Nobody answers at ${address}. Still trying.`)
  const back = await cast.enter({ folder: bo.folder, listen: [address.replace(/\/p2p\/.*$/, '')] })
  await connected(ann, back)
  expect(warnings(ann)).toHaveLength(2)
  expect(connectionTo(ann, back)?.address).toBe(address)
})

test('A bootstrap address without a PeerId is dialled, too, and kept', async () => {
  const bo = await cast.enter()
  const [address = ''] = ownAddresses(bo)
  const bare = address.replace(/\/p2p\/.*$/, '')
  const ann = await cast.enter({ bootstrap: [bare] })
  await connected(ann, bo)
  await bo.leave()
  await until('the loss', () => connectionTo(ann, bo) === undefined)
  const back = await cast.enter({ folder: bo.folder, listen: [bare] })
  await connected(ann, back)
})

test('Each change of a path is told once: opened, measured, lost', async () => {
  const bo = await cast.enter()
  const addresses = ownAddresses(bo)
  const ann = await cast.enter({ bootstrap: addresses })
  await until('the round trip', () => connectionTo(ann, bo)?.rtt)
  await bo.leave()
  await until('the loss', () => connectionTo(ann, bo) === undefined)
  const told = ann.events.flatMap(event => (event.kind === 'peer' ? [event.connection] : []))
  expect(told.map(({ path, rtt }) => [path, typeof rtt])).toEqual([
    ['direct', 'undefined'],
    ['direct', 'number'],
    ['none', 'undefined']
  ])
  expect(await ann.network.addressesOf(bo.network.self)).toEqual(addresses)
})
