import { setMaxListeners, type IdentifyResult, type PeerInfo } from '@libp2p/interface'
import { every, type Millis } from '../../bytes/index.ts'
import type { Network, NetworkEvent, PeerId, RelayReservation } from '../network.ts'
import { compareAddresses, pathOfAddress, relayOfAddress, withPeer } from './addresses.ts'
import { keepBootstrap } from './bootstrap.ts'
import { createConnections, type Connections } from './connections.ts'
import { DHT_PROTOCOL } from './dht.ts'
import { createDiscoveredPeers } from './discovered-peers.ts'
import { createFigures } from './figures.ts'
import { createGossipStreams } from './gossip-streams.ts'
import { hostOfAddress, isPublicHost } from './hosts.ts'
import { forgetGoneServers } from './gone-servers.ts'
import { createIceOffers } from './ice-offers.ts'
import type { Components } from './handshake.ts'
import { listenError } from './listen-error.ts'
import { listenTo } from './listen-to.ts'
import { reportingPeers } from './local-peers.ts'
import { meet, type Meeting } from './meeting.ts'
import { createNode, type Node } from './node.ts'
import type { Libp2pNetworkOptions } from './options.ts'
import { listenToPage } from './page-events.ts'
import { fromLibp2pPeer, toLibp2pPeer } from './peer-ids.ts'
import { createPlaceChecks } from './place-checks.ts'
import { createPunching } from './punch/punching.ts'
import { createReach } from './reach.ts'
import { keepConnected, type Keeper } from './redial.ts'
import { createRestartedPeers } from './restarted-peers.ts'
import type { Scope } from './scope.ts'
import { watchSleep } from './sleep-watch.ts'
import { createStreams } from './streams.ts'
import { createSurplusConnections } from './surplus-connections.ts'
import { createTopics } from './topics.ts'
import { loadTransportKey } from './transport-key.ts'
import { createTraffic } from './traffic.ts'
import { createUpgrades } from './upgrades.ts'

/** With fewer peers than this, peers that the DHT mentions are worth a dial. */
const ENOUGH_PEERS = 8
const RELAY_SEARCH_PERIOD: Millis = 30_000

/** Starts a libp2p node and the components that do what libp2p leaves undone, one duty each. */
export async function startNetwork(options: Libp2pNetworkOptions): Promise<Network> {
  const listeners = new Set<(event: NetworkEvent) => void>()
  const emit = (event: NetworkEvent): void => {
    for (const listener of [...listeners]) listener(event)
  }
  const local: { found: (peer: PeerInfo) => void } = { found: () => undefined }
  const peerDiscovery = (options.peerDiscovery ?? []).map(factory => reportingPeers(factory, peer => local.found(peer)))
  const jitter = options.jitter ?? Math.random
  const privateKey = await loadTransportKey(options.datastore)
  const { node, places, components, dialler, unreached } = await createNode(
    { ...options, peerDiscovery },
    privateKey,
    jitter
  )
  const ended = new AbortController()
  setMaxListeners(Infinity, ended.signal)
  const self = fromLibp2pPeer(node.peerId)
  const scope: Scope = {
    node,
    clock: options.clock,
    jitter,
    signal: ended.signal,
    dialler,
    strangers: new Set()
  }
  const keepers = new Set<Keeper>()
  const chosen = new Set<Keeper>()
  const meetings = new Set<Meeting>()

  const connections: Connections = createConnections(scope, {
    isPunched: address => punching?.isPunched(address) === true,
    shown(connection) {
      emit({ kind: 'peer', connection: figures.shown(connection) })
    },
    changed(peer) {
      upgrades.changed(peer)
      gossip.changed(peer)
      surplus.changed(peer)
    }
  })
  const traffic = createTraffic()
  const streams = createStreams(scope, connections, traffic)
  const { rawDial } = node.services
  const { freePort } = options
  const punching = rawDial && freePort && createPunching({ scope, connections, streams, rawDial, freePort })
  const upgrades = createUpgrades(scope, connections, punching, peer => {
    const connection = figures.failed(peer)
    if (connection !== undefined) emit({ kind: 'peer', connection })
  })
  const figures = createFigures({ clock: scope.clock, connections, traffic, upgrades })
  const gossip = createGossipStreams(scope, connections, traffic, peer => topics.reopened(peer))
  const restarted = createRestartedPeers(connections, peer => topics.reopened(peer))
  const surplus = createSurplusConnections(scope, connections)
  const discovered = createDiscoveredPeers(scope)
  const topics = createTopics(node)
  const iceOffers = createIceOffers(scope, connections, streams, options.iceOffer)
  const reach = createReach(scope, components, connections, options)
  const relays = (): RelayReservation[] => reservations(self, components)
  const placeChecks = createPlaceChecks(scope, places, connections, reach.stranger, relay => {
    void places.search(node)
    // One on this very machine that nobody chose is a neighbour that could help nobody elsewhere.
    const isChosen = [...chosen].some(keeper => keeper.peer() === relay)
    if (!isChosen && isOnLoopback(connections, relay)) return
    const text = `The relay ${relay} gave this peer a place, but leads nobody here. Looking for another.`
    emit({ kind: 'warning', code: 'relay-useless', text })
  })
  const found = ({ id, multiaddrs }: PeerInfo): void => discovered.found(fromLibp2pPeer(id), multiaddrs.map(String))
  local.found = found

  function wakeMeetings(): void {
    for (const meeting of meetings) meeting.wake()
  }
  /** The machine is awake again, maybe elsewhere. */
  function woke(): void {
    connections.wake()
    wakeAll()
  }
  /** The machine is offline, online again, or by another network: what went by the one before is likely gone. */
  function moved(): void {
    connections.moved()
    wakeAll()
  }
  function wakeAll(): void {
    // Where it was, this machine reached nobody, or others.
    unreached.clear()
    punching?.wake()
    for (const part of [upgrades, reach, ...keepers, ...chosen, ...meetings]) part.wake()
    void places.search(node)
    emit({ kind: 'woke' })
  }
  /** Others would notice only when ICE gives up, after 15 s. */
  function hangUp(): void {
    for (const connection of node.getConnections()) connection.abort(new Error('the page was left'))
  }
  function keepQuietly(addresses: readonly string[], failed: () => void = () => undefined): Keeper {
    return keepConnected(scope, addresses, failed)
  }
  const released = [
    listenTo(node, 'peer:discovery', peer => node.getPeers().length < ENOUGH_PEERS && found(peer)),
    listenTo(node, 'peer:identify', result => servesDht(result) && wakeMeetings()),
    listenTo(node, 'peer:identify', restarted.identified),
    forgetGoneServers(scope),
    listenTo(node, 'peer:disconnect', peer => topics.gone(fromLibp2pPeer(peer))),
    reportAddresses(node, relays, () => {
      emit({ kind: 'addresses' })
      wakeMeetings()
      placeChecks.changed(relays())
      // One that was confirmed, or announced: libp2p tells no others.
      if (isReachable(node)) void node.services.dht?.setMode('server').catch(() => undefined)
    }),
    every(options.clock, RELAY_SEARCH_PERIOD, () => void places.search(node)),
    watchSleep(options.clock, woke),
    options.watchAddresses?.(moved) ?? (() => undefined),
    listenToPage({ moved, leaving: hangUp })
  ]
  const stop = once(async () => {
    ended.abort(new Error('the network was stopped'))
    for (const release of released) release()
    punching?.stop()
    const parts = [discovered, upgrades, surplus, gossip, topics, iceOffers, placeChecks, reach, connections]
    for (const part of [...keepers, ...chosen, ...meetings, ...parts]) part.stop()
    await node.stop()
    listeners.clear()
  })

  try {
    await node.start()
  } catch (thrown) {
    await stop()
    throw listenError(thrown)
  }
  for (const keeper of keepBootstrap(scope, options.bootstrap, emit)) chosen.add(keeper)

  return {
    self,
    addresses: () => node.getMultiaddrs().map(String),
    addressesOf: peer => addressesOf(node, connections, peer),
    peers: connections.peers,
    relays,
    figures,
    iceServers: iceOffers.servers,
    reach,
    join: topics.join,
    open: streams.open,
    handle: streams.handle,
    meet(key) {
      return options.dht === 'off' ? () => undefined : held(meetings, meet(scope, key, discovered.found))
    },
    keep: (addresses, failed) => held(keepers, keepQuietly(addresses, failed)),
    keepChosen: addresses => held(chosen, keepQuietly(addresses)),
    chosen: () => [...new Set([...chosen].flatMap(keeper => keeper.peer() ?? []))],
    listen(listener) {
      listeners.add(listener)
      // libp2p dials its last relays while it starts, before anybody can listen.
      queueMicrotask(() => {
        if (!listeners.has(listener)) return
        for (const connection of connections.peers()) listener({ kind: 'peer', connection })
      })
      return () => void listeners.delete(listener)
    },
    stop
  }
}

function held<T extends { stop(): void }>(all: Set<T>, part: T): () => void {
  all.add(part)
  return () => {
    all.delete(part)
    part.stop()
  }
}

function isReachable(node: Node): boolean {
  const direct = node
    .getMultiaddrs()
    .map(String)
    .filter(address => pathOfAddress(address) === 'direct')
  return direct.some(address => isPublicHost(hostOfAddress(address) ?? ''))
}

function isOnLoopback(connections: Connections, peer: PeerId): boolean {
  const hosts = connections.of(peer).map(({ address }) => hostOfAddress(address) ?? '')
  return hosts.length > 0 && hosts.every(host => /^127\.|^::1$/.test(host))
}

function servesDht({ protocols }: IdentifyResult): boolean {
  return protocols.includes(DHT_PROTOCOL)
}

/** Calls back when the addresses have changed, which libp2p tells more often than it happens. */
function reportAddresses(node: Node, relays: () => RelayReservation[], changed: () => void): () => void {
  let before = ''
  function compare(): void {
    const now = [...node.getMultiaddrs().map(String), ...relays().map(({ address }) => address)].sort().join(' ')
    if (now === before) return
    before = now
    changed()
  }
  const events = ['self:peer:update', 'transport:listening', 'transport:close'] as const
  const released = events.map(event => listenTo(node, event, compare))
  return () => released.forEach(release => release())
}

async function addressesOf(node: Node, connections: Connections, peer: PeerId): Promise<string[]> {
  const id = toLibp2pPeer(peer)
  const known = id === undefined ? undefined : await node.peerStore.get(id).catch(() => undefined)
  const dialled = connections
    .of(peer)
    .filter(({ connection, path }) => connection.direction === 'outbound' && path !== 'punched')
  const announced = known?.addresses.map(({ multiaddr }) => withPeer(multiaddr.toString(), peer)) ?? []
  return [...new Set([...dialled.map(({ address }) => address), ...announced])].sort(compareAddresses)
}

/** One address for each relay through which others reach us; where the relay is on loopback it may not be announced. */
function reservations(self: PeerId, { transportManager }: Components): RelayReservation[] {
  const circuits = transportManager
    .getAddrs()
    .map(address => withPeer(address.toString(), self))
    .filter(address => pathOfAddress(address) === 'relayed')
  const byRelay = new Map(circuits.reverse().map(address => [relayOfAddress(address), address]))
  return [...byRelay].flatMap(([peer, address]) => (peer === undefined ? [] : [{ peer, address }]))
}

function once(run: () => Promise<void>): () => Promise<void> {
  let result: Promise<void> | undefined
  return () => (result ??= run())
}
