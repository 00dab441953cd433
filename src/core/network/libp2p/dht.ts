import { isPeerId, type Connection } from '@libp2p/interface'
import { kadDHT, passthroughMapper, type KadDHT } from '@libp2p/kad-dht'
import { UnavailableError, type Clock, type Millis } from '../../bytes/index.ts'
import { withDeadline } from './deadline.ts'
import { ping } from './ping.ts'
import { replacing } from './replacing.ts'

/** Our own DHT: records of other networks would only be noise. */
export const DHT_PROTOCOL = '/starling/kad/1.0.0'
/** A server that is not reached by then is left out: a first search waits for two rounds, in each of which somebody may have gone. */
const DIAL_LIMIT: Millis = 2_000
/** libp2p doubles the time that failures took, up to a minute. */
const ANSWER_LIMIT: Millis = 10_000

type Components = Parameters<ReturnType<typeof kadDHT>>[0]
type Peer = Parameters<Components['connectionManager']['openConnection']>[0]

/** `allowQueryWithZeroPeers` stays off: with a search for relays it spins. */
export function dht(mode: 'server' | 'client', clock: Clock): (components: Components) => KadDHT {
  const create = kadDHT({
    protocol: DHT_PROTOCOL,
    peerInfoMapper: passthroughMapper,
    clientMode: mode === 'client',
    networkDialTimeout: { maxTimeout: ANSWER_LIMIT }
  })
  return components => {
    const connect = dialledInHaste(components.connectionManager, clock)
    const openStream: Components['connectionManager']['openStream'] = async (peer, protocols, options = {}) =>
      (await connect(peer, options.signal)).newStream(protocols, options)
    return create(
      replacing(components, {
        connectionManager: replacing(components.connectionManager, { openStream }),
        ping: pingOfServers(components, connect)
      })
    )
  }
}

type Connect = (peer: Peer, signal?: AbortSignal) => Promise<Connection>

/**
 * Who is connected has time to answer; who is not, and may have gone, is not waited for as long. Who is reached through a relay serves nobody
 * there, and is not dialled: whether there is a better way is looked for elsewhere.
 */
function dialledInHaste(manager: Components['connectionManager'], clock: Clock): Connect {
  return async (peer, parent = new AbortController().signal) => {
    const open = isPeerId(peer) ? manager.getConnections(peer).filter(({ status }) => status === 'open') : []
    if (open.length > 0 && open.every(({ limits }) => limits !== undefined)) {
      throw new UnavailableError('reached only through a relay')
    }
    return withDeadline(clock, DIAL_LIMIT, parent, signal => manager.openConnection(peer, { signal }))
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
