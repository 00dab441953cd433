import { circuitRelayTransport, type CircuitRelayService } from '@libp2p/circuit-relay-v2'
import { gossipsub, type GossipSub } from '@libp2p/gossipsub'
import { identify, identifyPush } from '@libp2p/identify'
import type { Libp2p, PrivateKey } from '@libp2p/interface'
import type { KadDHT } from '@libp2p/kad-dht'
import { keychain } from '@libp2p/keychain'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { isLoopback } from '@libp2p/utils'
import { yamux } from '@libp2p/yamux'
import type { Multiaddr } from '@multiformats/multiaddr'
import { createLibp2p, type Libp2pInit } from 'libp2p'
import type { Clock, Millis } from '../../bytes/index.ts'
import { isRelayed, pathOfAddress } from './addresses.ts'
import { quickToGiveUp } from './direct-limit.ts'
import { gossipOptions } from './gossip-options.ts'
import { createUnreached, dht, type Unreached } from './dht.ts'
import { compareForDialling, createDialler, type Dialler } from './dialler.ts'
import { isElsewhere } from './elsewhere.ts'
import type { Components } from './handshake.ts'
import { isHosted } from './hosted-addresses.ts'
import { createListenCheck } from './listen-check.ts'
import type { Libp2pNetworkOptions } from './options.ts'
import { createRawDial, type RawDial } from './punch/raw-dial.ts'
import { relayServer } from './relay-server.ts'
import { newAgentVersion } from './restarted-peers.ts'
import { createRelayPlaces, type RelayPlaces } from './relay-places.ts'
import { keychainInit } from './transport-key.ts'

/** ICE through TURN on a slow network takes seconds; libp2p's 6 s cut it off. */
export const ADDRESS_DIAL_TIMEOUT: Millis = 15_000
export const DIAL_TIMEOUT: Millis = 30_000
/** A tab pays for each connection in memory and battery; a relay holds one for each of its reservations and more. */
const MAX_CONNECTIONS = { browser: 50, node: 200, relay: 1024 }
/** Tabs behind one address that all return to a restarted relay in the same second. */
const MAX_INBOUND_PER_SECOND_AND_HOST = 100
const MAX_PENDING_INBOUND = 128
/** Pings of both sides, by path. */
const PING_STREAMS = 8
/** Bytes that a paused stream may still receive; libp2p resets a stream that holds more than 4 MiB unread. */
const STREAM_WINDOW_BYTES = 1024 * 1024
const STREAMS_PER_CONNECTION = 512
/** Relays at which a place is kept: when one dies, the other still leads here. */
const RELAY_PLACES = 2
/** Each two addresses that are compared ask for them, and libp2p asks the system for its interfaces once for each listener. */
const OWN_ADDRESSES_FOR: Millis = 500

export type Node = Libp2p<{ pubsub: GossipSub; dht?: KadDHT; relay?: CircuitRelayService; rawDial?: RawDial }>

/** Builds the libp2p node, not yet started, and what is needed to find relays. */
export async function createNode(
  options: Libp2pNetworkOptions,
  privateKey: PrivateKey,
  jitter: () => number
): Promise<{ node: Node; places: RelayPlaces; components: Components; dialler: Dialler; unreached: Unreached }> {
  const listeners = createListenCheck()
  let components: Components | undefined
  const places = createRelayPlaces(wantsRelays(options) ? RELAY_PLACES : 0, options.clock, jitter)
  // Where it listens, too: public addresses are not announced before somebody has reached them. Asked once there is a node.
  const own = remembered(options.clock, OWN_ADDRESSES_FOR, (): Multiaddr[] => [
    ...node.getMultiaddrs(),
    ...(components?.transportManager.getAddrs() ?? [])
  ])
  const unreached = createUnreached()
  const isFar = (address: Multiaddr): boolean => isElsewhere(address, own())
  const node = await createLibp2p({
    start: false,
    privateKey,
    nodeInfo: { name: 'starling', version: '0', userAgent: newAgentVersion() },
    datastore: options.datastore,
    addresses: addresses(options),
    transports: [
      ...options.transports.map(factory => listeners.capture(quickToGiveUp(options.clock, factory))),
      found => {
        components = found
        return listeners.capture(places.capture(circuitRelayTransport()))(found)
      }
    ],
    peerDiscovery: [...(options.peerDiscovery ?? [])],
    connectionEncrypters: [noise()],
    streamMuxers: [
      yamux({
        maxInboundStreams: STREAMS_PER_CONNECTION,
        maxOutboundStreams: STREAMS_PER_CONNECTION,
        streamOptions: { maxStreamWindowSize: STREAM_WINDOW_BYTES }
      })
    ],
    connectionManager: connectionManager(options, isFar),
    // Connections are watched by our own pings, which also tell a ghost from a connection.
    connectionMonitor: { enabled: false },
    // The default in browsers refuses every plain WebSocket and every private address. The DHT, whose dials alone come by here, would wait on
    // another machine's loopback: nothing there refuses UDP. And who is reached by WebRTC alone serves it to nobody.
    connectionGater: {
      denyDialMultiaddr: address =>
        pathOfAddress(address.toString()) === 'webrtc' ||
        (isLoopback(address) && !isRelayed(address.toString()) && isFar(address))
    },
    services: services(options, unreached)
  })
  listeners.check(options.listen)
  if (components === undefined) throw new Error('libp2p has loaded no transport')
  return { node, places, components, dialler: createDialler(node, components, isFar), unreached }
}

/** Finds the value anew when it is older than this. */
function remembered<T>(clock: Clock, age: Millis, find: () => T): () => T {
  let last: { readonly value: T; readonly at: Millis } | undefined
  return () => {
    if (last === undefined || clock.now() - last.at >= age) last = { value: find(), at: clock.now() }
    return last.value
  }
}

/** A listed circuit would never be renewed after its relay went, so places are searched for. */
function wantsRelays(options: Libp2pNetworkOptions): boolean {
  return options.relayClient ?? !options.relayServer
}

function addresses(options: Libp2pNetworkOptions): NonNullable<Libp2pInit['addresses']> {
  const places = wantsRelays(options) ? Array<string>(RELAY_PLACES).fill('/p2p-circuit') : []
  const announce = [...(options.announce ?? [])]
  return {
    listen: [...options.listen.filter(address => !isRelayed(address)), ...places],
    appendAnnounce: announce,
    announceFilter: found => announcedAddresses(found, announce)
  }
}

/** Who names an address of its own is not served by telling the world about its loopback. */
function announcedAddresses(found: Multiaddr[], announce: readonly string[]): Multiaddr[] {
  const hosted = found.filter(address => isHosted(address.toString()))
  if (announce.length === 0) return hosted
  return hosted.filter(address => !isLoopback(address) || announce.some(own => address.toString().startsWith(own)))
}

function connectionManager(
  options: Libp2pNetworkOptions,
  isFar: (address: Multiaddr) => boolean
): NonNullable<Libp2pInit['connectionManager']> {
  return {
    maxConnections: MAX_CONNECTIONS[options.relayServer ? 'relay' : options.profile],
    addressDialTimeout: ADDRESS_DIAL_TIMEOUT,
    dialTimeout: DIAL_TIMEOUT,
    inboundConnectionThreshold: MAX_INBOUND_PER_SECOND_AND_HOST,
    maxIncomingPendingConnections: MAX_PENDING_INBOUND,
    addressSorter: (a, b) =>
      (Math.sign(Number(isFar(a.multiaddr)) - Number(isFar(b.multiaddr))) as -1 | 0 | 1) ||
      compareForDialling(a.multiaddr, b.multiaddr),
    // Our own redial does this; libp2p's gives up on a WebSocket at once.
    reconnectRetries: 0,
    // In a browser libp2p would resolve /dnsaddr through DNS servers of third parties.
    ...(options.profile === 'browser' ? { resolvers: {} } : {})
  }
}

function services(options: Libp2pNetworkOptions, unreached: Unreached) {
  return {
    keychain: keychain(keychainInit),
    identify: identify(),
    identifyPush: identifyPush(),
    ping: ping({ maxInboundStreams: PING_STREAMS, maxOutboundStreams: PING_STREAMS }),
    pubsub: gossipsub(gossipOptions),
    ...(options.relayServer ? { relay: relayServer() } : {}),
    ...(options.freePort === undefined ? {} : { rawDial: createRawDial }),
    ...(options.dht === 'off' ? {} : { dht: dht(options.dht, options.clock, unreached) })
  }
}
