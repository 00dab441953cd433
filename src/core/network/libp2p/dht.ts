import { isPeerId, type Connection } from '@libp2p/interface'
import { kadDHT, passthroughMapper, type KadDHT } from '@libp2p/kad-dht'
import { CappedMap, UnavailableError, type Clock, type Millis } from '../../bytes/index.ts'
import { withDeadline } from './deadline.ts'
import { ping } from './ping.ts'
import { replacing } from './replacing.ts'

/** Our own DHT: records of other networks would only be noise. */
export const DHT_PROTOCOL = '/starling/kad/1.0.0'
/** A server that is not reached by then is left out: a first search waits for two rounds, in each of which somebody may have gone. */
const DIAL_LIMIT: Millis = 2_000
/** Others go on naming it for a while. */
const LEFT_OUT: Millis = 60_000
const MAX_UNREACHED = 1024
/** libp2p doubles the time that failures took, up to a minute. */
const ANSWER_LIMIT: Millis = 10_000

type Components = Parameters<ReturnType<typeof kadDHT>>[0]
type Peer = Parameters<Components['connectionManager']['openConnection']>[0]

/** Servers that were not reached, and until when they are left out. */
export type Unreached = Map<string, Millis>

export function createUnreached(): Unreached {
  return new CappedMap(MAX_UNREACHED)
}

/** `allowQueryWithZeroPeers` stays off: with a search for relays it spins. */
export function dht(mode: 'server' | 'client', clock: Clock, unreached: Unreached): (components: Components) => KadDHT {
  const create = kadDHT({
    protocol: DHT_PROTOCOL,
    peerInfoMapper: passthroughMapper,
    clientMode: mode === 'client',
    networkDialTimeout: { maxTimeout: ANSWER_LIMIT }
  })
  return components => {
    const connect = dialledInHaste(components.connectionManager, clock, unreached)
    const openStream: Components['connectionManager']['openStream'] = async (peer, protocols, options = {}) =>
      (await connect(peer, options.signal)).newStream(protocols, options)
    return withoutWaiting(
      create(
        replacing(components, {
          connectionManager: replacing(components.connectionManager, { openStream }),
          ping: pingOfServers(components, connect)
        })
      )
    )
  }
}

/**
 * A first search waits until the DHT has searched for its own neighbours, those that have gone included, though the servers that are connected
 * answer at once (`@libp2p/kad-dht` 16.4.5, query/manager.js).
 */
function withoutWaiting(created: KadDHT): KadDHT {
  const { queryManager } = created as unknown as { queryManager: { initialQuerySelfHasRun: unknown } }
  queryManager.initialQuerySelfHasRun = undefined
  return created
}

type Connect = (peer: Peer, signal?: AbortSignal) => Promise<Connection>

/**
 * Who is connected has time to answer; who is not, and may have gone, is not waited for as long, and not again with each search. Who is reached
 * through a relay serves nobody there, and is not dialled: whether there is a better way is looked for elsewhere.
 */
function dialledInHaste(manager: Components['connectionManager'], clock: Clock, unreached: Unreached): Connect {
  return async (peer, parent = new AbortController().signal) => {
    const open = isPeerId(peer) ? manager.getConnections(peer).filter(({ status }) => status === 'open') : []
    if (open.length > 0 && open.every(({ limits }) => limits !== undefined)) {
      throw new UnavailableError('reached only through a relay')
    }
    if (open.length === 0 && clock.now() < (unreached.get(String(peer)) ?? -Infinity)) {
      throw new UnavailableError('did not answer a moment ago')
    }
    try {
      return await withDeadline(clock, DIAL_LIMIT, parent, signal => manager.openConnection(peer, { signal }))
    } catch (thrown) {
      const isOnline = manager.getConnections().length > 0
      if (isOnline && !parent.aborted) unreached.set(String(peer), clock.now() + LEFT_OUT)
      throw thrown
    }
  }
}

/**
 * The routing table takes in whoever answers a ping, and asks everybody that an answer names: those who meet under a key, too (`@libp2p/kad-dht`
 * 16.4.5, kad-dht.js). Each search would dial all members anew, and those who answered would be asked for records that they do not have.
 */
function pingOfServers({ peerStore, ping: service }: Components, connect: Connect): Components['ping'] {
  return replacing(service, {
    async ping(peer, { signal = new AbortController().signal } = {}) {
      const known = isPeerId(peer) ? await peerStore.get(peer) : undefined
      if (known?.protocols.includes(DHT_PROTOCOL) !== true) throw new UnavailableError('not known to serve the DHT')
      return ping(await connect(peer, signal), signal)
    }
  })
}
