import { circuitRelayServer, type CircuitRelayService } from '@libp2p/circuit-relay-v2'
import type { PeerId as Libp2pPeerId } from '@libp2p/interface'
import type { Millis } from '../../bytes/index.ts'
import type { TransportFactory } from './options.ts'

type Components = Parameters<TransportFactory>[0]

/**
 * Peers that are reached through this relay at a time, about 300 KB of memory each; the stock 15 are taken by
 * strangers.
 */
const RESERVATIONS = 512
/**
 * A circuit must outlast a conversation: the stock 2 minutes cut it. Peers that can do better leave the circuit anyway.
 */
const CIRCUIT_DURATION: Millis = 2 * 60 * 60 * 1000
/** A long day of chat with pictures; the stock 128 KiB end within the first sync. */
const CIRCUIT_BYTES = 128n * 1024n * 1024n
/** How long a place is kept without renewal. */
const RESERVATION: Millis = 2 * 60 * 60 * 1000
/** Circuits of one peer: to a room of the supported size, twice. */
const CIRCUITS_PER_PEER = 256

/**
 * The circuit relay with limits fit for chat. The server writes the duration in milliseconds into a field that the
 * specification reads as seconds, so clients see a longer limit than the one that is applied: nothing here relies on
 * theirs.
 */
export function relayServer(): (components: Components) => CircuitRelayService {
  const create = circuitRelayServer({
    maxInboundHopStreams: CIRCUITS_PER_PEER,
    maxOutboundStopStreams: CIRCUITS_PER_PEER,
    reservations: {
      maxReservations: RESERVATIONS,
      reservationTtl: RESERVATION,
      defaultDurationLimit: CIRCUIT_DURATION,
      defaultDataLimit: CIRCUIT_BYTES
    }
  })
  return components => {
    const relay = create(components)
    components.events.addEventListener('peer:disconnect', ({ detail }) => freePlace(relay, detail))
    return relay
  }
}

/**
 * Gives a peer's place to others when it has gone: the server keeps it until it expires, and a few hundred reloaded
 * tabs would fill the relay. The timer goes with it, since it would delete the place that the peer takes when it
 * returns.
 */
function freePlace(relay: CircuitRelayService, peer: Libp2pPeerId): void {
  relay.reservations.get(peer)?.signal.clear()
  relay.reservations.delete(peer)
}
