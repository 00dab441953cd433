import { isIPv4 } from 'node:net'
import type { Endpoint, Network, PortMapping } from '../../core/network/index.ts'
import { sourceAddress } from '../doctor/stun-query.ts'
import type { RouterState } from '../doctor/report.ts'
import { defaultGateway } from './default-gateway.ts'
import { NAT_PMP_PORT, natPmpRouter } from './nat-pmp.ts'
import { LIFETIME_SECONDS, type OpenedPort, type Router, type WantedPort } from './router.ts'
import { findGateways, SSDP } from './ssdp.ts'
import { upnpRouter } from './upnp.ts'

/** Ports of one peer: TCP, WebSocket, webrtc-direct, and some that a user added. */
const MAX_PORTS = 8
/** Where there is no such router, one may come: the machine may have moved. */
const AGAIN_MS = 20 * 60 * 1000
const CLOSING_MS = 2_000

/** Where routers are looked for; a test has its own. */
export interface RouterPlaces {
  gateway(): Promise<Endpoint | undefined>
  readonly ssdp: Endpoint
}

const PLACES: RouterPlaces = {
  async gateway() {
    const host = await defaultGateway()
    return host === undefined ? undefined : { host, port: NAT_PMP_PORT }
  },
  ssdp: SSDP
}

export interface OpenPorts {
  state(): RouterState
  /** Resolves when the first round is over. */
  readonly settled: Promise<void>
  /** Closes what was opened. */
  stop(): Promise<void>
}

/** Has the router pass the ports on at which this peer listens, for as long as it runs, and tells the network of them. */
export function openPorts(network: Network, places: RouterPlaces = PLACES): OpenPorts {
  const ended = new AbortController()
  let router: Router | undefined
  let externalHost: string | undefined
  let asked = false
  let opened: readonly OpenedPort[] = []
  let timer: NodeJS.Timeout | undefined

  async function round(): Promise<void> {
    const { signal } = ended
    const wanted = wantedPorts(network.addresses())
    asked = wanted.length > 0
    if (!asked) return
    router = (await stillThere(router, signal)) ?? (await findRouter(places, signal))
    externalHost = await router?.externalHost(signal).catch(() => undefined)
    const own = await ownAddress(places, wanted)
    const found: OpenedPort[] = []
    for (const each of wanted.filter(({ host }) => host === own).slice(0, MAX_PORTS)) {
      const before = opened.find(port => isSame(port, each))
      const port = await router
        ?.open({ ...each, externalPort: before?.externalPort ?? each.port }, signal)
        .catch(() => undefined)
      if (port !== undefined) found.push(port)
    }
    opened = found
    network.reach?.mapped(externalHost === undefined ? [] : opened.map(port => mappingOf(port, externalHost ?? '')))
  }

  async function run(): Promise<void> {
    clearTimeout(timer)
    await round().catch(() => undefined)
    if (ended.signal.aborted) return
    const lifetime = Math.min(LIFETIME_SECONDS, ...opened.map(port => port.lifetime)) * 1000
    timer = setTimeout(() => void run(), opened.length === 0 ? AGAIN_MS : Math.max(lifetime / 2, 30_000)).unref()
  }

  const settled = run()
  const ignore = network.listen(event => {
    if (event.kind === 'woke') void settled.then(run)
  })
  return {
    state: () => ({
      asked,
      protocol: router?.protocol ?? null,
      externalHost: externalHost ?? null,
      ports: opened.map(({ protocol, externalPort }) => `${protocol} ${externalPort}`)
    }),
    settled,
    async stop() {
      ignore()
      clearTimeout(timer)
      ended.abort(new Error('the peer stops'))
      await settled
      const signal = AbortSignal.timeout(CLOSING_MS)
      await Promise.all(opened.map(async port => router?.close(port, signal).catch(() => undefined)))
    }
  }
}

/** Listeners at IPv4 addresses of a private network: others need no port opened, or cannot have one. */
export function wantedPorts(addresses: readonly string[]): WantedPort[] {
  const found = addresses.flatMap(address => {
    const [, host = '', protocol, port] =
      /^\/ip4\/([^/]+)\/(tcp|udp)\/(\d+)(?:\/ws|\/webrtc-direct\/.*|)?\/p2p\/[^/]+$/.exec(address) ?? []
    if (!/^(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01])|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\./.test(host)) return []
    return [{ protocol: protocol as WantedPort['protocol'], host, port: Number(port), externalPort: Number(port) }]
  })
  return [...new Map(found.map(port => [`${port.protocol} ${port.host} ${port.port}`, port])).values()]
}

/** The address of this machine from which the router is reached. */
async function ownAddress(places: RouterPlaces, wanted: readonly WantedPort[]): Promise<string | undefined> {
  const gateway = await places.gateway()
  const own = gateway === undefined ? undefined : await sourceAddress(gateway)
  return own ?? wanted[0]?.host
}

async function stillThere(router: Router | undefined, signal: AbortSignal): Promise<Router | undefined> {
  return router?.externalHost(signal).then(
    () => router,
    () => undefined
  )
}

/** By NAT-PMP, which takes one packet, else by UPnP. */
async function findRouter(places: RouterPlaces, signal: AbortSignal): Promise<Router | undefined> {
  const gateway = await places.gateway()
  const byPmp = gateway === undefined || !isIPv4(gateway.host) ? undefined : natPmpRouter(gateway)
  const found = await stillThere(byPmp, signal)
  if (found !== undefined) return found
  for (const description of await findGateways(places.ssdp, signal)) {
    const router = await upnpRouter(description, signal).catch(() => undefined)
    const usable = await stillThere(router, signal)
    if (usable !== undefined) return usable
  }
  return undefined
}

function isSame(a: WantedPort, b: WantedPort): boolean {
  return a.protocol === b.protocol && a.host === b.host && a.port === b.port
}

function mappingOf({ protocol, host, port, externalPort }: OpenedPort, externalHost: string): PortMapping {
  return { protocol, internal: { host, port }, external: { host: externalHost, port: externalPort } }
}
