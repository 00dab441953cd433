import { RELAY_V2_HOP_CODEC } from '@libp2p/circuit-relay-v2'
import type { Libp2p, PeerId as Libp2pPeerId, Transport } from '@libp2p/interface'
import { CappedMap, type Clock, type Millis } from '../../bytes/index.ts'
import type { PeerId } from '../network.ts'
import { hostedAddresses } from './hosted-addresses.ts'
import type { TransportFactory } from './options.ts'
import { fromLibp2pPeer, toLibp2pPeer } from './peer-ids.ts'
import { replacing } from './replacing.ts'
import { createSlowWalk } from './slow-walk.ts'

/** A relay whose place was given up is not asked again for so long, unless there is no other. */
const AVOIDED: Millis = 60 * 60 * 1000
const MAX_AVOIDED = 64

type Components = Parameters<TransportFactory>[0]

/**
 * Places at relays. The circuit transport searches for relays by itself, but forgets one that refused (full, or slow):
 * while places are missing, `search` asks the connected relays again.
 */
export interface RelayPlaces {
  /** Wraps the transport's factory, the only way to its reservations and to its walk through the DHT. */
  capture(factory: TransportFactory): TransportFactory
  search(node: Libp2p): Promise<void>
  /** The place at this relay is of no use: others are searched for. */
  giveUp(relay: PeerId): void
  isAvoided(relay: PeerId): boolean
}

/** What the circuit transport has behind its public type (`@libp2p/circuit-relay-v2`, transport/index.d.ts). */
interface CircuitTransport extends Transport {
  readonly reservationStore: ReservationStore
}

interface ReservationStore {
  readonly reservations: { get(peer: Libp2pPeerId): Reservation | undefined; delete(peer: Libp2pPeerId): void }
  readonly pendingReservations: string[]
  hasReservation(peer: Libp2pPeerId): boolean
  reservationCount(): number
  addRelay(peer: Libp2pPeerId, type: 'discovered'): Promise<unknown>
  addEventListener(type: 'relay:created-reservation', listener: (event: CustomEvent<Reserved>) => void): void
  safeDispatchEvent(type: 'relay:removed', event: { detail: { relay: Libp2pPeerId; details: Reservation } }): void
  safeDispatchEvent(type: 'relay:not-enough-relays'): void
}

interface Reservation {
  readonly id: string
  readonly timeout: ReturnType<typeof setTimeout>
}

/** What a relay answered; its listener builds on the addresses when this event reaches it, after us. */
interface Reserved {
  readonly details: { readonly reservation: { addrs: Uint8Array[] } }
}

export function createRelayPlaces(wanted: number, clock: Clock, jitter: () => number): RelayPlaces {
  const avoided = new CappedMap<PeerId, Millis>(MAX_AVOIDED)
  let transport: CircuitTransport | undefined
  let takePlace: ReservationStore['addRelay'] | undefined

  function isAvoided(relay: PeerId): boolean {
    return clock.now() < (avoided.get(relay) ?? -Infinity)
  }

  return {
    capture: factory => components => {
      const randomWalk = createSlowWalk(() => components.peerRouting, clock, jitter)
      const events = withoutDiscovery(components.events)
      transport = factory(replacing(components, { randomWalk, events })) as CircuitTransport
      transport.reservationStore.addEventListener('relay:created-reservation', ({ detail: { details } }) => {
        details.reservation.addrs = hostedAddresses(details.reservation.addrs)
      })
      const store = transport.reservationStore
      takePlace = store.addRelay.bind(store)
      store.addRelay = async (peer, type) => {
        if (isAvoided(fromLibp2pPeer(peer)) && !store.hasReservation(peer)) throw new Error('this relay carries nobody')
        return takePlace?.(peer, type)
      }
      return transport
    },
    async search(node) {
      const store = transport?.reservationStore
      if (store === undefined || store.reservationCount() >= wanted) return
      const relays = await relaysAmong(node)
      for (const peer of relays) {
        if (!store.hasReservation(peer)) await store.addRelay(peer, 'discovered').catch(() => undefined)
      }
      // It may carry some, and tomorrow all.
      for (const peer of relays) {
        if (store.reservationCount() === 0) await takePlace?.(peer, 'discovered').catch(() => undefined)
      }
    },
    giveUp(relay) {
      const store = transport?.reservationStore
      const peer = toLibp2pPeer(relay)
      const held = peer && store?.reservations.get(peer)
      if (store === undefined || peer === undefined || held === undefined) return
      avoided.set(relay, clock.now() + AVOIDED)
      clearTimeout(held.timeout)
      store.reservations.delete(peer)
      store.pendingReservations.push(held.id)
      store.safeDispatchEvent('relay:removed', { detail: { relay: peer, details: held } })
      store.safeDispatchEvent('relay:not-enough-relays')
    },
    isAvoided
  }
}

/**
 * The transport dials every discovered peer at once while it misses relays. Whom to dial and when is decided elsewhere;
 * here only those that are connected matter.
 */
function withoutDiscovery(events: Components['events']): Components['events'] {
  const addEventListener: typeof events.addEventListener = (type, ...rest) => {
    if (type !== 'peer:discovery') events.addEventListener(type, ...rest)
  }
  return replacing(events, { addEventListener })
}

async function relaysAmong(node: Libp2p): Promise<Libp2pPeerId[]> {
  const found = await Promise.all(node.getPeers().map(async peer => ((await offersRelay(node, peer)) ? [peer] : [])))
  return found.flat()
}

async function offersRelay(node: Libp2p, peer: Libp2pPeerId): Promise<boolean> {
  if (!node.getConnections(peer).some(connection => connection.direct)) return false
  const known = await node.peerStore.get(peer).catch(() => undefined)
  return known?.protocols.includes(RELAY_V2_HOP_CODEC) ?? false
}
