import type { Libp2pInit } from 'libp2p'
import type { Clock } from '../../bytes/index.ts'
import type { PeerId } from '../network.ts'
import type { IceOffer } from './ice-offer-codec.ts'
import type { SendPacket } from './reach-server.ts'

/** What an edge decides: the transports of its platform, where to listen, whom to ask first, and how much to carry. */
export interface Libp2pNetworkOptions {
  /**
   * Transports of the platform (`tcp()`, `webSockets()`, `webRTCDirect()`, `webRTC(...)`); the circuit relay is added
   * here. `webRTC()` must be given its own `rtcConfiguration.iceServers`, an empty list included: its default is a list
   * of STUN servers of third parties, which Starling never contacts.
   */
  readonly transports: readonly TransportFactory[]
  /** Finders of peers on the local network (mDNS). Whoever they find is dialled. */
  readonly peerDiscovery?: readonly PeerDiscoveryFactory[]
  /**
   * Keeps the transport key, the WebRTC certificate and what is known of peers. It stays the caller's: `stop` does not
   * close it.
   */
  readonly datastore: Datastore
  /** Multiaddrs; `/webrtc` to be reached by WebRTC. Places at relays are searched for and never listed here. */
  readonly listen: readonly string[]
  /** Multiaddrs at which others reach this peer besides those it listens on. */
  readonly announce?: readonly string[]
  /** Multiaddrs to which a connection is kept, with `/p2p/` or without. */
  readonly bootstrap: readonly string[]
  /** Carry others' traffic. */
  readonly relayServer: boolean
  /** Sends a UDP packet for a peer that asks how its NAT filters; absent where there is no UDP. */
  readonly sendPacket?: SendPacket
  /** Look for places at others' relays; by default whoever carries nobody looks. */
  readonly relayClient?: boolean
  readonly dht: 'server' | 'client' | 'off'
  readonly clock: Clock
  /** What this peer offers others for their WebRTC; undefined when it has no such servers. */
  readonly iceOffer?: (peer: PeerId) => IceOffer
  /** Finds a free local TCP port that nobody listens on, for punching holes with TCP; undefined where none are punched. */
  readonly freePort?: () => Promise<number>
  /** Calls `changed` whenever this machine's addresses have; a page is told by its browser. Returns what ends it. */
  readonly watchAddresses?: (changed: () => void) => () => void
  /** Sizes the connection limits. */
  readonly profile: 'node' | 'browser'
  /** A number from 0 to 1 that spreads retries; random by default. */
  readonly jitter?: () => number
}

export type TransportFactory = NonNullable<Libp2pInit['transports']>[number]
export type PeerDiscoveryFactory = NonNullable<Libp2pInit['peerDiscovery']>[number]
export type Datastore = NonNullable<Libp2pInit['datastore']>
