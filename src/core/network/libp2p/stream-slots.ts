import type { Stream } from '@libp2p/interface'
import type { PeerId, ProtocolLimits } from '../network.ts'

export interface StreamSlots {
  /** Whether the stream may be handled; it gives its place back when it closes. */
  take(peer: PeerId, stream: Stream): boolean
  /** A whole frame has come on the stream. */
  heard(stream: Stream): void
}

/**
 * Counts the streams of one protocol that are being handled. When all places are taken, the stream that has been silent
 * for longest makes room, so that nobody keeps others out by saying nothing; then the oldest of the peer that holds most,
 * for one that holds fewer.
 */
export function createStreamSlots(limits: ProtocolLimits): StreamSlots {
  const taken = new Map<Stream, PeerId>()
  /** In the order in which they were opened. */
  const silent = new Set<Stream>()

  function give(stream: Stream): void {
    taken.delete(stream)
    silent.delete(stream)
  }

  function makeRoomFor(peer: PeerId): void {
    const [quiet] = silent
    if (quiet !== undefined) return end(quiet, 'others wait, and nothing was said on this stream')
    const most = [...byPeer().values()].reduce((a, b) => (b.length > a.length ? b : a))
    const [oldest] = most
    if (oldest !== undefined && most.length > heldBy(peer) + 1) end(oldest[0], 'others wait, who hold fewer streams')
  }

  function end(stream: Stream, reason: string): void {
    give(stream)
    stream.abort(new Error(reason))
  }

  function byPeer(): Map<PeerId, [Stream, PeerId][]> {
    return Map.groupBy(taken, ([, peer]) => peer)
  }

  function heldBy(peer: PeerId): number {
    return byPeer().get(peer)?.length ?? 0
  }

  return {
    take(peer, stream) {
      if (heldBy(peer) >= limits.maxStreamsPerPeer) return false
      if (taken.size >= limits.maxStreams) makeRoomFor(peer)
      if (taken.size >= limits.maxStreams) return false
      taken.set(stream, peer)
      silent.add(stream)
      stream.addEventListener('close', () => give(stream), { once: true })
      return true
    },
    heard: stream => void silent.delete(stream)
  }
}
