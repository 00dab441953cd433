import { kadDHT, passthroughMapper, type KadDHT } from '@libp2p/kad-dht'
import type { Clock, Millis } from '../../bytes/index.ts'
import { withDeadline } from './deadline.ts'
import { replacing } from './replacing.ts'

/** Our own DHT: records of other networks would only be noise. */
export const DHT_PROTOCOL = '/starling/kad/1.0.0'
/** A server that is not reached by then is left out: a first search waits for two rounds, in each of which somebody may have gone. */
const DIAL_LIMIT: Millis = 2_000
/** libp2p doubles the time that failures took, up to a minute. */
const ANSWER_LIMIT: Millis = 10_000

type Components = Parameters<ReturnType<typeof kadDHT>>[0]

/** `allowQueryWithZeroPeers` stays off: with a search for relays it spins. */
export function dht(mode: 'server' | 'client', clock: Clock): (components: Components) => KadDHT {
  const create = kadDHT({
    protocol: DHT_PROTOCOL,
    peerInfoMapper: passthroughMapper,
    clientMode: mode === 'client',
    networkDialTimeout: { maxTimeout: ANSWER_LIMIT }
  })
  return components =>
    create(replacing(components, { connectionManager: dialledInHaste(components.connectionManager, clock) }))
}

/** Who is connected has time to answer; who is not, and may have gone, is not waited for as long. */
function dialledInHaste(manager: Components['connectionManager'], clock: Clock): Components['connectionManager'] {
  return replacing(manager, {
    async openStream(peer, protocols, options = {}) {
      const { signal: parent = new AbortController().signal } = options
      const connection = await withDeadline(clock, DIAL_LIMIT, parent, signal =>
        manager.openConnection(peer, { ...options, signal })
      )
      return connection.newStream(protocols, options)
    }
  })
}
