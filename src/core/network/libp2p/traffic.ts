import type { Stream } from '@libp2p/interface'
import { CappedMap } from '../../bytes/index.ts'
import type { PeerId } from '../network.ts'

/** As many as a relay has connections; streams of a connection that never proves itself are counted, too. */
const MAX_PEERS = 1024

interface Count {
  received: number
  sent: number
}

export interface Traffic {
  /** Counts what the stream carries from now on, once however often it is told. */
  meter(peer: PeerId, stream: Stream): void
  of(peer: PeerId): Readonly<Count>
  /** The peer has gone, and its count with it. */
  gone(peer: PeerId): void
}

/**
 * Counts bytes by peer. libp2p's own `node.use` is no way to see streams: it adds each stream's handler to the shared
 * list of the protocol's middleware, where it answers the next stream, too.
 */
export function createTraffic(): Traffic {
  const counts = new CappedMap<PeerId, Count>(MAX_PEERS)
  const metered = new WeakSet<Stream>()

  function countOf(peer: PeerId): Count {
    const count = counts.get(peer) ?? { received: 0, sent: 0 }
    counts.set(peer, count)
    return count
  }

  return {
    meter(peer, stream) {
      if (metered.has(stream)) return
      metered.add(stream)
      const count = countOf(peer)
      const send = stream.send.bind(stream)
      stream.send = data => {
        count.sent += data.byteLength
        return send(data)
      }
      // A first listener is handed what was buffered, so whoever reads the stream must have its own by now.
      stream.addEventListener('message', ({ data }) => {
        count.received += data.byteLength
      })
    },
    of: peer => counts.get(peer) ?? { received: 0, sent: 0 },
    gone: peer => void counts.delete(peer)
  }
}
