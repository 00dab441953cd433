import type { Stream } from '@libp2p/interface'
import type { Millis } from '../../bytes/index.ts'
import type { PeerId } from '../network.ts'
import type { Connections } from './connections.ts'
import {
  gossipOver,
  gossipsOver,
  gossipStreams,
  hasGossipStream,
  inboundStream,
  isGossipProtocol,
  resendTopics
} from './gossip-internals.ts'
import { toLibp2pPeer } from './peer-ids.ts'
import { createRetryTimer, type RetryTimer } from './retry-timer.ts'
import type { Scope } from './scope.ts'
import type { Traffic } from './traffic.ts'

/**
 * After a change of connections: at once, since messages are lost meanwhile, and when the other side has seen it, too.
 */
const CHECKS: readonly Millis[] = [0, 200, 1_500]
/** Finds what no event told. */
const SWEEP: Millis = 10_000

export interface GossipStreams {
  changed(peer: PeerId): void
  stop(): void
}

/**
 * Keeps a gossip stream open to every connected peer that gossips, and moves it to the best connection there is. Peers
 * that stay end theirs only to move: when one ends, the peer may have gone.
 * @param reopened is told of a peer whose stream was broken, so that messages between may be missing
 */
export function createGossipStreams(
  scope: Scope,
  connections: Connections,
  traffic: Traffic,
  reopened: (peer: PeerId) => void
): GossipStreams {
  const { pubsub } = scope.node.services
  const timers = new Map<PeerId, RetryTimer>()
  const heardOn = new WeakMap<object, true>()
  const watched = new WeakSet<Stream>()
  const sweeper = createRetryTimer(scope.clock)
  const moving = new Set<PeerId>()

  function changed(peer: PeerId): void {
    if (connections.of(peer).length === 0) return forget(peer)
    const timer = timers.get(peer) ?? createRetryTimer(scope.clock)
    timers.set(peer, timer)
    schedule(peer, timer, CHECKS)
  }

  function schedule(peer: PeerId, timer: RetryTimer, [first, ...later]: readonly Millis[]): void {
    if (first === undefined) return
    timer.set(first, () => {
      void check(peer, later.length === 0)
      schedule(peer, timer, later)
    })
  }

  async function check(peer: PeerId, settled: boolean): Promise<void> {
    const best = connections.best(peer)?.connection
    if (best === undefined || moving.has(peer) || !(await gossips(scope, peer))) return
    watch(peer)
    if (!gossipsOver(pubsub, peer, best)) return move(peer)
    const inbound = inboundStream(pubsub, peer)
    if (settled || (inbound !== undefined && !heardOn.has(inbound))) resendTopics(pubsub, peer)
    if (inbound !== undefined) heardOn.set(inbound, true)
  }

  async function move(peer: PeerId): Promise<void> {
    const best = connections.best(peer)?.connection
    if (best === undefined || moving.has(peer)) return
    const wasOpen = hasGossipStream(pubsub, peer)
    moving.add(peer)
    await gossipOver(pubsub, best).catch(() => undefined)
    moving.delete(peer)
    watch(peer)
    if (!wasOpen) reopened(peer)
  }

  function watch(peer: PeerId): void {
    for (const stream of gossipStreams(pubsub, peer)) {
      if (watched.has(stream)) continue
      watched.add(stream)
      traffic.meter(peer, stream)
      whenEndedByRemote(stream, () => connections.suspect(peer))
    }
  }

  function sweep(): void {
    for (const peer of connections.ids()) void check(peer, false)
    sweeper.set(SWEEP, sweep)
  }

  function forget(peer: PeerId): void {
    timers.get(peer)?.clear()
    timers.delete(peer)
  }

  sweeper.set(SWEEP, sweep)
  return {
    changed,
    stop() {
      sweeper.clear()
      for (const peer of [...timers.keys()]) forget(peer)
    }
  }
}

function whenEndedByRemote(stream: Stream, run: () => void): void {
  stream.addEventListener('remoteCloseWrite', run, { once: true })
  stream.addEventListener('close', ({ local }) => local || run(), { once: true })
}

async function gossips(scope: Scope, peer: PeerId): Promise<boolean> {
  const id = toLibp2pPeer(peer)
  const known = id === undefined ? undefined : await scope.node.peerStore.get(id).catch(() => undefined)
  return !scope.signal.aborted && (known?.protocols.some(isGossipProtocol) ?? false)
}
