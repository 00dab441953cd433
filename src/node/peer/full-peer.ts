import type { Network } from '../../core/network/index.ts'
import { openStoredPeer, type StoredPeer } from '../access/stored-peer.ts'
import { peerFeed, type EventFeed } from '../api/feed.ts'
import { serve } from '../api/serve.ts'
import type { ServedPeer } from '../api/served-peer.ts'
import type { Settings } from '../command-line/settings.ts'
import type { HostPort } from '../command-line/values.ts'
import type { Output } from '../terminal/output.ts'
import { examiner } from '../doctor/examiner.ts'
import type { Cleanup } from './cleanup.ts'
import type { OpenPorts } from '../router/open-ports.ts'
import { turnServers } from './ice-servers.ts'
import { checkListenPorts, defaultListen } from './ports.ts'

export interface FullPeerOptions {
  readonly settings: Settings
  /** Where to serve the web app; none: the socket alone. */
  readonly http: HostPort | undefined
  readonly stored: StoredPeer
  readonly output: Output
  readonly cleanup: Cleanup
  /** Takes every event from the start on. */
  readonly onEvent?: Parameters<EventFeed>[0]
}

export interface FullPeer {
  readonly network: Network
  readonly http: string | undefined
}

type State = ReturnType<ServedPeer['state']>

/** A member of its rooms, online, with its local API. Everything is stopped by `cleanup`, the store included. */
export async function startFullPeer(options: FullPeerOptions): Promise<FullPeer> {
  const { settings, stored, output, cleanup } = options
  const { peer } = stored
  const live: { state: State; network?: Network; ports?: OpenPorts; messages: number } = {
    state: 'starting',
    messages: 0
  }
  const feed = peerFeed(peer)
  if (options.onEvent !== undefined) cleanup.add(feed(options.onEvent))
  cleanup.add(
    feed(event => {
      if (event.event === 'message') live.messages += 1
    })
  )
  const served: ServedPeer = {
    peer,
    vault: stored.vault,
    feed,
    network: () => live.network,
    state: () => live.state,
    messages: () => live.messages,
    examine: examiner(settings, () => live),
    bootstrap: settings.bootstrap,
    iceServers: settings.stun.map(urls => ({ urls })),
    turn: () => turnServers(settings, live.network),
    webUrl: settings.webUrl
  }
  const { data, metricsPublic } = settings
  const http = await serve({
    served,
    data,
    owned: stored.data,
    kind: 'up',
    http: options.http,
    isAnnounced: settings.announce.length > 0,
    metricsPublic,
    output,
    cleanup
  })
  const network = await connect(stored, settings, settings.carryOthers)
  const ports = await openPortsOf(network, settings, cleanup)
  Object.assign(live, { network, ports, state: 'ready' })
  cleanup.add(() => {
    live.state = 'stopping'
  })
  return { network, http }
}

/** Asks the router for ports, unless told not to; `cleanup` closes them. */
export async function openPortsOf(
  network: Network,
  settings: Settings,
  cleanup: Cleanup
): Promise<OpenPorts | undefined> {
  if (!settings.upnp) return undefined
  const { openPorts } = await import('../router/open-ports.ts')
  const ports = openPorts(network)
  cleanup.add(ports.stop)
  return ports
}

/** Opens the store for a peer that will run; `cleanup` stops the peer with its network and closes the store. */
export async function ownPeer(settings: Settings, stop: AbortSignal, cleanup: Cleanup): Promise<StoredPeer> {
  const stored = await openStoredPeer(settings, 'up', stop)
  cleanup.add(stored.stop)
  return stored
}

/** Puts the peer on the network, which stops with the peer. */
export async function connect(stored: StoredPeer, settings: Settings, relayServer: boolean): Promise<Network> {
  // Loads libp2p, while the ports are looked at.
  const loading = import('./node-network.ts')
  if (settings.listen !== undefined) await checkListenPorts(settings.listen)
  const listen = settings.listen ?? (await defaultListen(settings.data, settings.webrtc))
  const { createNodeNetwork } = await loading
  const { database } = stored.data
  const network = await createNodeNetwork({ settings, database, listen, relayServer, relayClient: true })
  await stored.peer.goOnline(network)
  return network
}
