import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { webSockets } from '@libp2p/websockets'
import { systemClock, type Clock } from '../../src/core/bytes/index.ts'
import { createBackoff } from '../../src/core/network/libp2p/backoff.ts'
import { connected, connectionTo, createCast, ownAddresses, until, type Actor } from './network-cast.ts'
import { startKillableRelay } from './killable-relay.ts'

const cast = createCast()
afterEach(async () => {
  await cast.release()
  vi.unstubAllGlobals()
})

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

test('Waits double up to the most, spread by a quarter, and begin anew after a reset', () => {
  let random = 0.5
  const backoff = createBackoff(1_000, 30_000, () => random)
  expect([1, 2, 3, 4, 5, 6, 7].map(() => backoff.next())).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000])
  backoff.reset()
  random = 0
  expect(backoff.next()).toBe(750)
  random = 1
  expect(backoff.next()).toBe(2_500)
})

test('When the browser is online again, waits are cut short', async () => {
  const target = new EventTarget()
  vi.stubGlobal('addEventListener', target.addEventListener.bind(target))
  vi.stubGlobal('removeEventListener', target.removeEventListener.bind(target))
  // Time in which nothing is tried by itself any more.
  const clock: Clock = {
    now: systemClock.now,
    after: (delay, run) => (delay < 500 ? systemClock.after(delay, run) : () => undefined)
  }
  const bo = await cast.enter()
  const [address = ''] = ownAddresses(bo)
  await bo.leave()
  const ann = await cast.enter({ bootstrap: [address], clock })
  await until('the warning', () => ann.events.some(({ kind }) => kind === 'warning'))
  const back = await cast.enter({ folder: bo.folder, listen: [address.replace(/\/p2p\/.*$/, '')] })
  target.dispatchEvent(new Event('online'))
  await connected(ann, back)
})

test('Several who keep the same peer, as for several rooms, dial it once', async () => {
  const [ann, bo] = [await cast.enter(), await cast.enter()]
  for (let rooms = 0; rooms < 5; rooms += 1) ann.network.keep(ownAddresses(bo))
  await until('they have measured one another', () => connectionTo(ann, bo)?.rtt !== undefined)
  await until('and so has Bo', () => connectionTo(bo, ann)?.rtt !== undefined)
  const ways = bo.events.flatMap(event => (event.kind === 'peer' ? [event.connection.address] : []))
  expect(new Set(ways).size).toBe(1)
})
