import { webRTC, webRTCDirect } from '@libp2p/webrtc'
import { webSockets } from '@libp2p/websockets'
import type { Clock } from '../core/bytes/index.ts'
import { createLibp2pNetwork, type Libp2pNetworkOptions, type Network } from '../core/network/index.ts'
import { addressesByPeer } from './addresses-by-peer.ts'
import type { BootstrapList } from './bootstrap-list.ts'
import { mendInitChannels } from './init-channel.ts'
import { stunInBothFamilies } from './stun-in-both-families.ts'

mendInitChannels(RTCPeerConnection)

type Datastore = Libp2pNetworkOptions['datastore']

export interface BrowserNetwork {
  readonly network: Network
  /** STUN and TURN servers: those of the page, and those of connected relays. */
  iceServers(): readonly RTCIceServer[]
  /** Addresses of relays that the page names. */
  bootstrap(): readonly string[]
  /** Goes over to another list: keeps connections to its addresses, no longer to those it does not name. */
  use(list: BootstrapList): void
}

/** libp2p with what a tab has: WebSocket, WebRTC through a relay, and webrtc-direct to peers with an address. */
export async function createBrowserNetwork(datastore: Datastore, clock: Clock): Promise<BrowserNetwork> {
  let listed: BootstrapList = { addresses: [], iceServers: [] }
  let offered = (): readonly RTCIceServer[] => []
  let release = (): void => undefined
  const iceServers = (): RTCIceServer[] => [...stunInBothFamilies(offered(), listed.addresses), ...listed.iceServers]
  const network = await createLibp2pNetwork({
    // Asked for at each new connection, so that time-limited TURN credentials are fresh.
    transports: [
      webSockets(),
      webRTCDirect({ rtcConfiguration: { iceServers: [] } }),
      webRTC({ rtcConfiguration: async () => ({ iceServers: iceServers() }) })
    ],
    datastore,
    listen: ['/webrtc'],
    bootstrap: [],
    relayServer: false,
    dht: 'client',
    clock,
    profile: 'browser'
  })
  offered = () => network.iceServers?.() ?? []
  return {
    network,
    iceServers,
    bootstrap: () => listed.addresses,
    use(list) {
      release()
      listed = list
      release = keepAll(network, list.addresses)
    }
  }
}

function keepAll(network: Network, addresses: readonly string[]): () => void {
  const releases = addressesByPeer(addresses).map(ofOne => network.keepChosen(ofOne))
  return () => {
    for (const release of releases) release()
  }
}
