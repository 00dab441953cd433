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
 * for longest makes room, so that nobody keeps others out by saying nothing.
 */
export function createStreamSlots(limits: ProtocolLimits): StreamSlots {
  const taken = new Map<Stream, PeerId>()
  /** In the order in which they were opened. */
  const silent = new Set<Stream>()

  function give(stream: Stream): void {
    taken.delete(stream)
    silent.delete(stream)
  }

  function makeRoom(): void {
    const [oldest] = silent
    if (oldest === undefined) return
    give(oldest)
    oldest.abort(new Error('others wait, and nothing was said on this stream'))
  }

  return {
    take(peer, stream) {
      const ofPeer = [...taken.values()].filter(other => other === peer)
      if (ofPeer.length >= limits.maxStreamsPerPeer) return false
      if (taken.size >= limits.maxStreams) makeRoom()
      if (taken.size >= limits.maxStreams) return false
      taken.set(stream, peer)
      silent.add(stream)
      stream.addEventListener('close', () => give(stream), { once: true })
      return true
    },
    heard: stream => void silent.delete(stream)
  }
}
