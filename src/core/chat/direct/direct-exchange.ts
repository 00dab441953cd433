import type { Millis } from '../../bytes/index.ts'
import type { Network, PeerId, ProtocolLimits } from '../../network/index.ts'
import { askPeer } from '../ask-peer.ts'
import { MAX_SEALED_DIRECT_BYTES } from './direct-letter.ts'

/** A letter to a connected peer, one frame, and one byte back: 1 taken, 2 not now. */
const DIRECT_PROTOCOL = '/starling/direct/1'

/** Taken is what is durable. */
const MAX_DURATION: Millis = 15_000
const TAKEN = 1
const NOT_NOW = 2

const BRINGING = { maxFrameBytes: 1, maxTotalBytes: 8, maxDuration: MAX_DURATION }
const TAKING: ProtocolLimits = {
  maxFrameBytes: MAX_SEALED_DIRECT_BYTES,
  maxTotalBytes: MAX_SEALED_DIRECT_BYTES,
  maxDuration: MAX_DURATION,
  maxStreamsPerPeer: 1,
  maxStreams: 16
}

/** Whether the peer took it; rejects when it does not answer. */
export async function bringDirectLetter(
  network: Network,
  peer: PeerId,
  letter: Uint8Array,
  signal: AbortSignal
): Promise<boolean> {
  const asked = { protocol: DIRECT_PROTOCOL, limits: BRINGING, frame: letter }
  const [answer] = await askPeer(network, peer, asked, signal)
  return answer === TAKEN
}

/** Takes what others bring; the returned function stops that. */
export function serveDirectLetters(
  network: Network,
  take: (letter: Uint8Array, from: PeerId) => Promise<boolean>
): () => void {
  return network.handle(DIRECT_PROTOCOL, TAKING, async stream => {
    const letter = await stream.read()
    if (letter === undefined) return
    await stream.write(Uint8Array.of((await take(letter, stream.peer)) ? TAKEN : NOT_NOW))
  })
}
