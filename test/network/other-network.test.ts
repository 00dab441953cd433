import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { Connection } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { systemClock, type Clock } from '../../src/core/bytes/index.ts'
import type { Node } from '../../src/core/network/libp2p/node.ts'
import { circuitAddresses, createCast, ownAddresses, until } from './network-cast.ts'
import { openRelay } from './open-node.ts'

const cast = createCast()
afterEach(async () => {
  await cast.release()
  vi.unstubAllGlobals()
})

/** The system's time, in which whoever is silent for the usual time stays connected. */
const patient: Clock = {
  now: systemClock.now,
  after: (delay, run) => (delay < 5_000 ? systemClock.after(delay, run) : () => undefined)
}

/** A network between others and this address that can be left: nothing gets through from then on, and nobody is told. */
async function networkTo(address: string): Promise<{ address: string; isLeftBy(): boolean; leave(): void }> {
  const port = Number(/\/tcp\/(\d+)/.exec(address)?.[1])
  const beyond: Socket[] = []
  let isLeft = false
  const carry = (from: Socket, to: Socket): void => {
    from.on('data', bytes => void (isLeft || to.write(bytes))).on('error', () => undefined)
  }
  const server = createServer(near => {
    const far = connect(port, '127.0.0.1')
    beyond.push(far)
    carry(near, far)
    carry(far, near)
  }).listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.close()
    for (const socket of beyond) socket.destroy()
  })
  await once(server, 'listening')
  return {
    address: address.replace(/\/tcp\/\d+/, `/tcp/${(server.address() as AddressInfo).port}`),
    isLeftBy: () => beyond.every(({ closed }) => closed),
    leave: () => void (isLeft = true)
  }
}

/** Bo, with a place at a relay, and the ways to him. */
async function boAtRelay(clock: Clock) {
  const relay = await openRelay()
  const bo = await cast.enter({ bootstrap: relay.addresses, clock })
  const [circuit = ''] = await until('the place', () => bo.network.relays().length > 0 && circuitAddresses(bo))
  const [direct = ''] = ownAddresses(bo)
  return { bo, direct, circuit }
}

function dialAnew(node: Node, address: string): Promise<Connection> {
  return node.dial(multiaddr(address), { force: true })
}

test.for(['direct', 'circuit'] as const)(
  'Whoever comes back from another network (%s) is let go where they were, which nobody told',
  async way => {
    const { bo, ...ways } = await boAtRelay(patient)
    const { node: ann } = await openRelay({ relayServer: false, relayClient: false, dht: 'off' })
    const before = await networkTo(ways.direct)
    await ann.dial(multiaddr(before.address))
    const pathToAnn = (): string | undefined =>
      bo.network.peers().find(({ peer, rtt }) => peer === String(ann.peerId) && rtt !== undefined)?.path
    await until('the round trip', () => pathToAnn() === 'direct')
    before.leave()
    const now = await dialAnew(ann, ways[way])
    await until('the end of the connection before', before.isLeftBy)
    expect(now.status).toBe('open')
    expect(pathToAnn()).toBe(way === 'circuit' ? 'relayed' : 'direct')
  }
)

test('A circuit that opens beside a direct connection does it no harm', async () => {
  const { bo, direct, circuit } = await boAtRelay(systemClock)
  const { node: ann } = await openRelay({ relayServer: false, relayClient: false, dht: 'off' })
  const connection = await ann.dial(multiaddr(direct))
  const isAnn = ({ peer }: { peer: string }): boolean => peer === String(ann.peerId)
  await until('the round trip', () => bo.network.peers().find(isAnn)?.rtt)
  const beside = await dialAnew(ann, circuit)
  await until('the circuit to be closed, which nobody needs', () => beside.status !== 'open')
  expect(connection.status).toBe('open')
  expect(bo.network.peers().find(isAnn)?.path).toBe('direct')
})

test.for(['offline', 'online'])(
  'A page that is told that it is %s soon lets go of whoever does not answer',
  async told => {
    const page = new EventTarget()
    vi.stubGlobal('addEventListener', page.addEventListener.bind(page))
    vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page))
    const { node, addresses } = await openRelay()
    const ann = await cast.enter({ bootstrap: addresses, clock: patient })
    await until('the round trip', () => ann.network.peers()[0]?.rtt)
    await node.unhandle('/ipfs/ping/1.0.0')
    await node.handle('/ipfs/ping/1.0.0', () => undefined)
    page.dispatchEvent(new Event(told))
    await until('the end', () => ann.events.some(event => event.kind === 'peer' && event.connection.path === 'none'))
  }
)
