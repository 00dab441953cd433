import { flushCompileCache } from 'node:module'
import type { Keeper } from '../../core/chat/index.ts'
import type { Network } from '../../core/network/index.ts'
import { networkFeed } from '../api/feed.ts'
import { serve } from '../api/serve.ts'
import type { Settings } from '../command-line/settings.ts'
import { parseCount, parseSize, type HostPort } from '../command-line/values.ts'
import type { NodeDatabase } from '../data/node-database.ts'
import { checkData, ownData } from '../data/open-data.ts'
import { examiner } from '../doctor/examiner.ts'
import { UsageError } from '../exits.ts'
import { createEventPrinter } from '../peer/announce-events.ts'
import { untilAborted, withCleanup } from '../peer/cleanup.ts'
import { createEventHub } from '../peer/event-hub.ts'
import { turnServers } from '../peer/ice-servers.ts'
import { openPortsOf } from '../peer/full-peer.ts'
import { iceOffers, openStun, stunPlanOf, turnServerOf } from '../peer/relay-ice.ts'
import type { OpenPorts } from '../router/open-ports.ts'
import { checkListenPorts, listenAddresses } from '../peer/ports.ts'
import type { Invocation, Run } from './command.ts'

const DEFAULT_HTTP: HostPort = { host: '0.0.0.0', port: 8081 }
/** What `--keep` stores at the most unless `--keep-quota` says otherwise: 1 GiB. */
const DEFAULT_QUOTA = 1024 ** 3
/** With less, a room's share holds a handful of messages: surely a mistake in units. */
const MIN_QUOTA = 1024 ** 2
const DEFAULT_PORTS = { tcp: 4001, ws: 4002, webrtc: 4003 }

export const relay: Run = async invocation => {
  const { settings, output, stop } = invocation
  checkFlags(settings)
  const plan = planOf(settings)
  if (!settings.flags.has('check')) return runRelay(invocation, plan)
  await checkData(plan.data, stop)
  output.result(plan, planText(plan))
}

interface Plan {
  readonly data: string
  readonly listen: readonly string[]
  readonly announce: readonly string[]
  readonly bootstrap: readonly string[]
  readonly http: string
  readonly relay: boolean
  readonly dht: boolean
  readonly mdns: boolean
  /** Bytes for the rooms kept; null: none are. */
  readonly keepQuota: number | null
  readonly webUrl: string | null
  /** 0: none. */
  readonly stunPort: number
}

function checkFlags(settings: Settings): void {
  const { flags } = settings
  turnServerOf(settings)
  const stunPort = flags.get('stun-port')?.[0]
  if (stunPort !== undefined && parseCount(stunPort, 'stun-port', 0) > 65_535) {
    throw new UsageError(`--stun-port ${stunPort}: there is no port above 65535`)
  }
}

/** Bytes, or null when no rooms are to be kept. */
function keepQuotaOf({ flags }: Settings): number | null {
  const text = flags.get('keep-quota')?.[0]
  const quota = text === undefined ? DEFAULT_QUOTA : parseSize(text, 'keep-quota')
  if (quota < MIN_QUOTA) throw new UsageError(`--keep-quota ${text}: less than 1M is too little to keep rooms in`)
  if (text !== undefined && !flags.has('keep')) throw new UsageError('--keep-quota says nothing without --keep')
  return flags.has('keep') ? quota : null
}

function planOf(settings: Settings): Plan {
  const { host, port } = settings.http ?? DEFAULT_HTTP
  return {
    data: settings.data,
    listen: settings.listen ?? listenAddresses(DEFAULT_PORTS, settings.webrtc),
    announce: settings.announce,
    bootstrap: settings.bootstrap,
    http: `${host.includes(':') ? `[${host}]` : host}:${port}`,
    relay: settings.carryOthers,
    dht: settings.dht,
    mdns: settings.mdns,
    keepQuota: keepQuotaOf(settings),
    webUrl: settings.webUrl ?? null,
    stunPort: stunPlanOf(settings.flags.get('stun-port')?.[0]).port
  }
}

function planText(plan: Plan): string {
  return Object.entries(plan)
    .flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value]).map(each => `${name.padEnd(10)}${each ?? '-'}`)
    )
    .join('\n')
}

function runRelay({ settings, output, stop }: Invocation, plan: Plan): Promise<void> {
  return withCleanup(async cleanup => {
    const loading = import('../peer/node-network.ts')
    const printer = createEventPrinter(output)
    const hub = createEventHub()
    cleanup.add(hub.feed(printer.print))
    const { data, metricsPublic, bootstrap, webUrl } = settings
    const isAnnounced = settings.announce.length > 0
    const owned = await ownData(data, 'relay', stop)
    cleanup.add(() => owned.database.close())
    cleanup.add(owned.release)
    await checkListenPorts(plan.listen)
    const live: { network?: Network; ports?: OpenPorts | undefined; keeper?: Keeper } = {}
    const served = {
      peer: undefined,
      feed: hub.feed,
      network: () => live.network,
      state: () => (stop.aborted ? 'stopping' : live.network === undefined ? 'starting' : 'ready'),
      keeper: () => live.keeper,
      messages: () => 0,
      examine: examiner(settings, () => live),
      bootstrap,
      iceServers: settings.stun.map(urls => ({ urls })),
      turn: () => turnServers(settings, live.network),
      webUrl
    } as const
    const http = settings.http ?? DEFAULT_HTTP
    const serving = { served, data, owned, kind: 'relay', http, isAnnounced, metricsPublic, output, cleanup } as const
    const address = await serve(serving)
    const keeper = await keeperOf(plan, owned.database)
    if (keeper !== undefined) {
      live.keeper = keeper
      cleanup.add(keeper.listen(hub.emit))
    }
    const stun = await openStun(stunPlanOf(settings.flags.get('stun-port')?.[0]))
    if (stun !== undefined) cleanup.add(stun.close)
    const { createNodeNetwork } = await loading
    const { listen, relay: relayServer } = plan
    const network = await createNodeNetwork({
      settings,
      database: owned.database,
      listen,
      relayServer,
      relayClient: false,
      iceOffer: iceOffers(settings, stun)
    })
    live.network = network
    cleanup.add(network.stop)
    live.ports = await openPortsOf(network, settings, cleanup)
    cleanup.add(networkFeed(network)(hub.emit))
    if (keeper !== undefined) {
      keeper.goOnline(network)
      cleanup.add(() => keeper.stop())
    }
    const addresses = network.addresses()
    printer.ready({ peer: network.self, addresses, http: address }, greeting(address, addresses))
    flushCompileCache()
    await untilAborted(stop)
  })
}

async function keeperOf({ keepQuota }: Plan, database: NodeDatabase): Promise<Keeper | undefined> {
  if (keepQuota === null) return undefined
  const { openRelayKeeper } = await import('../peer/relay-keeper.ts')
  return openRelayKeeper(database, keepQuota)
}

function greeting(http: string | undefined, addresses: readonly string[]): string {
  return [
    `This relay is running. Web app, health and metrics: ${http}`,
    'Peers meet here with --bootstrap and one of these addresses that they can reach:',
    ...addresses.map(address => `  ${address}`)
  ].join('\n')
}
