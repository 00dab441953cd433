import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, describe, expect, test } from 'vitest'
import { parseRoutes } from '../../../src/node/router/default-gateway.ts'
import { natPmpRouter } from '../../../src/node/router/nat-pmp.ts'
import { wantedPorts } from '../../../src/node/router/open-ports.ts'
import { findGateways } from '../../../src/node/router/ssdp.ts'
import { upnpRouter } from '../../../src/node/router/upnp.ts'
import { startTestRouter, type TestRouter, type TestRouterOptions } from './test-router.ts'

const HERE = '127.0.0.1'
const WANTED = { protocol: 'tcp', host: '192.168.1.7', port: 4001, externalPort: 4001 } as const
const patience = (): AbortSignal => AbortSignal.timeout(10_000)

const routers: TestRouter[] = []
afterEach(async () => {
  await Promise.all(routers.splice(0).map(router => router.stop()))
})

async function start(options: Partial<TestRouterOptions>): Promise<TestRouter> {
  const router = await startTestRouter({ host: HERE, external: '44.0.0.2', ...options })
  routers.push(router)
  return router
}

describe('a router that speaks NAT-PMP', () => {
  test('says its address outside, and opens and closes ports', async () => {
    const router = await start({ natPmp: { port: 0 } })
    const found = natPmpRouter({ host: HERE, port: router.ports.natPmp })
    expect(await found.externalHost(patience())).toBe('44.0.0.2')
    const opened = await found.open(WANTED, patience())
    expect(opened).toMatchObject({ externalPort: 4001, lifetime: 3600 })
    const udp = await found.open({ ...WANTED, protocol: 'udp' }, patience())
    expect([...router.mappings.keys()]).toEqual(['tcp 4001', 'udp 4001'])
    await found.close(opened, patience())
    await found.close(udp, patience())
    expect(router.mappings.size).toBe(0)
  })

  test('opens another port where the wanted one is taken', async () => {
    const router = await start({ natPmp: { port: 0 } })
    router.mappings.set('tcp 4001', { ...WANTED, port: 9, lifetime: 60 })
    const found = natPmpRouter({ host: HERE, port: router.ports.natPmp })
    expect(await found.open(WANTED, patience())).toMatchObject({ port: 4001, externalPort: 4002 })
  })

  test('says why it refuses', async () => {
    const router = await start({ natPmp: { port: 0, result: 2 } })
    const found = natPmpRouter({ host: HERE, port: router.ports.natPmp })
    await expect(found.open(WANTED, patience())).rejects.toThrow('the router opens no port: it does not allow it')
  })

  test('is told from one that does not, or answers nonsense', async () => {
    const socket = createSocket('udp4')
    socket.on('message', (_, from) => {
      for (const bytes of [[], [0], [1, 128, 0, 0, 0, 0, 0, 0], [0, 129, 0, 0, 0, 0, 0, 0], [0, 128, 0, 0, 0, 0, 0, 0]])
        socket.send(Uint8Array.from(bytes), from.port, from.address)
    })
    socket.bind(0, HERE)
    await once(socket, 'listening')
    try {
      const found = natPmpRouter({ host: HERE, port: socket.address().port })
      await expect(found.externalHost(patience())).rejects.toThrow('does not speak NAT-PMP')
    } finally {
      socket.close()
    }
  })
})

describe.each([1, 2] as const)('a router that speaks UPnP IGD %i', version => {
  test('is found, says its address outside, and opens and closes ports', async () => {
    const router = await start({ upnp: { port: 0, version, ssdp: { host: HERE, port: 0 } } })
    const [description] = await findGateways({ host: HERE, port: router.ports.ssdp }, patience())
    expect(description?.href).toBe(`http://${HERE}:${router.ports.http}/description.xml`)
    if (description === undefined) return
    const found = await upnpRouter(description, patience())
    expect(await found.externalHost(patience())).toBe('44.0.0.2')
    const opened = await found.open(WANTED, patience())
    expect(router.mappings.get('tcp 4001')).toMatchObject({ host: '192.168.1.7', port: 4001, lifetime: 3600 })
    await found.close(opened, patience())
    expect(router.log).toEqual(['open tcp 4001', 'close tcp 4001'])
  })
})

describe('a router that speaks UPnP', () => {
  async function routerWith(upnp: Partial<NonNullable<TestRouterOptions['upnp']>>): Promise<[TestRouter, URL]> {
    const router = await start({ upnp: { port: 0, version: 1, ssdp: { host: HERE, port: 0 }, ...upnp } })
    return [router, new URL(`http://${HERE}:${router.ports.http}/description.xml`)]
  }

  test('gets another port where the wanted one is taken, and one without end where it knows no other', async () => {
    const [router, description] = await routerWith({ errors: [718, 725] })
    const opened = await (await upnpRouter(description, patience())).open(WANTED, patience())
    expect(opened.externalPort).not.toBe(4001)
    expect(router.mappings.get(`tcp ${opened.externalPort}`)).toMatchObject({ port: 4001, lifetime: 0 })
  })

  test('says with which code it refuses', async () => {
    const [, description] = await routerWith({ errors: [606] })
    const router = await upnpRouter(description, patience())
    await expect(router.open(WANTED, patience())).rejects.toThrow('refuses, with code 606')
  })

  test('sends nobody elsewhere, by its description or by its answer', async () => {
    const [, description] = await routerWith({ controlUrl: 'http://127.0.0.2:80/victim' })
    await expect(upnpRouter(description, patience())).rejects.toThrow('no connection to the outside')
    const [liar] = await routerWith({ location: 'http://127.0.0.2:80/victim' })
    expect(await findGateways({ host: HERE, port: liar.ports.ssdp }, patience())).toEqual([])
  })
})

test('the default gateway is the one of the cheapest default route', () => {
  const table = [
    'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
    'wlan0\t00000000\t0102A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0',
    'eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0',
    'eth0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0'
  ].join('\n')
  expect(parseRoutes(table)).toBe('192.168.1.1')
  expect(parseRoutes('')).toBeUndefined()
})

test('ports are wanted for listeners on private networks, each once', () => {
  const peer = '/p2p/12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN'
  const addresses = [
    '/ip4/127.0.0.1/tcp/4001',
    '/ip4/192.168.1.7/tcp/4001',
    '/ip4/192.168.1.7/tcp/4002/ws',
    '/ip4/192.168.1.7/udp/4003/webrtc-direct/certhash/uEi',
    '/ip4/44.0.0.2/tcp/4001',
    '/ip6/fd00::2/tcp/4001',
    `/ip4/192.168.1.9/tcp/4001${peer}/p2p-circuit`
  ].map(address => address + peer)
  expect(wantedPorts(addresses).map(({ protocol, port }) => `${protocol} ${port}`)).toEqual([
    'tcp 4001',
    'tcp 4002',
    'udp 4003'
  ])
})
