import { networkInterfaces } from 'node:os'
import { mdns } from '@libp2p/mdns'
import { tcp } from '@libp2p/tcp'
import { isPrivateIp } from '@libp2p/utils'
import { webRTC } from '@libp2p/webrtc'
import { webSockets } from '@libp2p/websockets'
import { RTCPeerConnection } from 'node-datachannel/polyfill'
import { systemClock } from '../../core/bytes/index.ts'
import {
  createLibp2pNetwork,
  type IceServer,
  type Libp2pNetworkOptions,
  type Network
} from '../../core/network/index.ts'
import type { Settings } from '../command-line/settings.ts'
import { libp2pDatastore } from '../data/libp2p-datastore.ts'
import type { NodeDatabase } from '../data/node-database.ts'
import { encodedIceServers } from './ice-servers.ts'
import { freePort } from './ports.ts'
import { sendPacket } from './send-packet.ts'
import { watchAddresses } from './watch-addresses.ts'
import { patientWebRTCDirect } from './webrtc-direct.ts'
import { mendOffers } from './webrtc-offers.ts'

mendOffers(RTCPeerConnection)

/** Ours alone: peers of other programs on the local network are none of our business. */
const MDNS_SERVICE = '_starling._udp.local'

export interface NodeNetworkOptions {
  readonly settings: Settings
  readonly database: NodeDatabase
  readonly listen: readonly string[]
  readonly relayServer: boolean
  readonly relayClient: boolean
  readonly iceOffer?: Libp2pNetworkOptions['iceOffer']
}

/** libp2p with the transports of Node. */
export async function createNodeNetwork(options: NodeNetworkOptions): Promise<Network> {
  const { settings, listen, iceOffer } = options
  let offered = (): readonly IceServer[] => []
  const network = await createLibp2pNetwork({
    transports: transports(settings, () => offered()),
    peerDiscovery: settings.mdns ? [mdns({ serviceTag: MDNS_SERVICE })] : [],
    datastore: libp2pDatastore(options.database),
    listen,
    announce: settings.announce,
    bootstrap: settings.bootstrap,
    relayServer: options.relayServer,
    sendPacket,
    relayClient: options.relayClient,
    dht: settings.dht ? dhtMode(options) : 'off',
    // Who looks for no relay is reached without.
    ...(settings.punch && options.relayClient ? { freePort: () => freePort('tcp') } : {}),
    ...(iceOffer && { iceOffer }),
    watchAddresses: changed => watchAddresses(systemClock, changed),
    clock: systemClock,
    profile: 'node'
  })
  offered = () => network.iceServers?.() ?? []
  return network
}

/** Whoever asks a server that cannot be reached waits for nothing. Who carries others, if only the tabs of this machine, serves them. A public
 * address of IPv6 is behind a firewall in most homes: who has no other begins to serve once it was reached there. */
function dhtMode({ settings, relayServer }: NodeNetworkOptions): 'server' | 'client' {
  return relayServer || settings.announce.length > 0 || hasPublicIp4() ? 'server' : 'client'
}

function hasPublicIp4(): boolean {
  return Object.values(networkInterfaces()).some(found =>
    found?.some(({ address, family, internal }) => !internal && family === 'IPv4' && isPrivateIp(address) === false)
  )
}

function transports(settings: Settings, offered: () => readonly IceServer[]): Libp2pNetworkOptions['transports'] {
  const sockets = [tcp(), webSockets()]
  if (!settings.webrtc) return sockets
  const rtcConfiguration = async () => ({ iceServers: encodedIceServers(settings, offered(), Date.now()) })
  return [...sockets, webRTC({ rtcConfiguration }), patientWebRTCDirect()]
}
