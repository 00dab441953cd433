import type { Millis } from '../../bytes/index.ts'
import type { Path, PeerId } from '../network.ts'
import { comparePaths } from './addresses.ts'
import type { Connections, Tracked } from './connections.ts'
import { fromLibp2pPeer } from './peer-ids.ts'
import { createRetryTimer, type RetryTimer } from './retry-timer.ts'
import type { Scope } from './scope.ts'

/** Long enough for both sides to prove the better connection and to move onto it. */
const SETTLE: Millis = 5_000
/** Streams that come with any connection and that nobody misses. */
const IDLE_PROTOCOLS = ['/ipfs/id/1.0.0', '/ipfs/id/push/1.0.0', '/ipfs/ping/1.0.0', '/libp2p/dcutr']

export interface SurplusConnections {
  changed(peer: PeerId): void
  stop(): void
}

/**
 * Closes connections that a better one has replaced: a circuit costs its relay a slot. One goes only when the better
 * one has answered a ping and no stream of either side runs over it any more, gossip and signalling included. Of two by
 * WebRTC, which peers that dial each other end up with, the peer with the smaller PeerId closes the later one.
 */
export function createSurplusConnections(scope: Scope, connections: Connections): SurplusConnections {
  const self = fromLibp2pPeer(scope.node.peerId)
  const timers = new Map<PeerId, RetryTimer>()

  function changed(peer: PeerId): void {
    if (connections.of(peer).length < 2) return forget(peer)
    if (timers.has(peer)) return
    const timer = createRetryTimer(scope.clock)
    timers.set(peer, timer)
    timer.set(SETTLE, () => check(peer, timer))
  }

  function check(peer: PeerId, timer: RetryTimer): void {
    const best = connections.best(peer)
    const others = connections.of(peer).filter(tracked => tracked !== best)
    if (best?.rtt !== undefined) {
      for (const other of others) if (isReplaced(other, best) && isIdle(other)) close(other)
    }
    timer.set(SETTLE, () => check(peer, timer))
  }

  function isReplaced(other: Tracked, best: Tracked): boolean {
    if (comparePaths(best.path, other.path) < 0) return true
    const isByIce = (path: Path): boolean => path === 'webrtc' || path === 'turn'
    return isByIce(best.path) && isByIce(other.path) && self < fromLibp2pPeer(other.connection.remotePeer)
  }

  function close(tracked: Tracked): void {
    void tracked.connection.close().catch(thrown => tracked.connection.abort(thrown))
  }

  function forget(peer: PeerId): void {
    timers.get(peer)?.clear()
    timers.delete(peer)
  }

  return {
    changed,
    stop() {
      for (const peer of [...timers.keys()]) forget(peer)
    }
  }
}

function isIdle({ connection }: Tracked): boolean {
  return connection.streams.every(({ protocol }) => IDLE_PROTOCOLS.includes(protocol))
}
