import type { Connection, IdentifyResult } from '@libp2p/interface'
import { systemRandom, toHex } from '../../bytes/index.ts'
import type { PeerId } from '../network.ts'
import type { Connections } from './connections.ts'
import { fromLibp2pPeer } from './peer-ids.ts'

const RUN_BYTES = 8

/** What identify says of this program: its name, and a number that is new at each start. */
export function newAgentVersion(): string {
  return `starling/${toHex(systemRandom(RUN_BYTES))}`
}

export interface RestartedPeers {
  identified(result: IdentifyResult): void
}

/**
 * Closes what a peer left open when it started anew. A tab that is reloaded is back under the same PeerId in a second,
 * but when it had no time to hang up, ICE finds its old connection dead only after fifteen; until then gossip would go
 * on into it. The run of the connection that opened last is the current one, by this device's clock alone; connections
 * of one run all stay. Whoever lies about its run closes only connections of its own.
 * @param restarted is told of a peer whose earlier connections were closed
 */
export function createRestartedPeers(
  connections: Pick<Connections, 'of'>,
  restarted: (peer: PeerId) => void
): RestartedPeers {
  const runs = new WeakMap<Connection, string>()

  return {
    identified({ connection, peerId, agentVersion }) {
      if (agentVersion === undefined) return
      runs.set(connection, agentVersion)
      const peer = fromLibp2pPeer(peerId)
      const identified = connections.of(peer).filter(tracked => runs.has(tracked.connection))
      const last = identified.map(tracked => tracked.connection).sort(lastFirst)[0]
      const earlier = identified.filter(tracked => last && runs.get(tracked.connection) !== runs.get(last))
      for (const tracked of earlier) tracked.connection.abort(new Error('the peer has started anew'))
      if (earlier.length > 0) restarted(peer)
    }
  }
}

function lastFirst(a: Connection, b: Connection): number {
  return b.timeline.open - a.timeline.open
}
