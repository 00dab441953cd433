import type { Millis } from '../../bytes/index.ts'
import type { Network, PeerId, ProtocolLimits } from '../../network/index.ts'
import { askPeer } from '../ask-peer.ts'
import {
  decodeAnswer,
  decodeAsk,
  encodeAnswer,
  encodeAsk,
  KEEP_PROTOCOL,
  MAX_KEEP_FRAME_BYTES,
  type KeepAnswer,
  type KeepAsk
} from './keep-codec.ts'

/** A keeper loads the room before it answers. */
const MAX_DURATION: Millis = 15_000

const LIMITS: ProtocolLimits = {
  maxFrameBytes: MAX_KEEP_FRAME_BYTES,
  maxTotalBytes: 2 * MAX_KEEP_FRAME_BYTES,
  maxDuration: MAX_DURATION,
  // A member asks for its rooms one after the other.
  maxStreamsPerPeer: 2,
  maxStreams: 64
}

/** Asks a connected peer to keep a room; rejects when it is no keeper or does not answer. */
export async function askToKeep(
  network: Network,
  peer: PeerId,
  ask: KeepAsk,
  signal: AbortSignal
): Promise<KeepAnswer> {
  const question = { protocol: KEEP_PROTOCOL, limits: LIMITS, frame: encodeAsk(ask) }
  const answer = decodeAnswer(await askPeer(network, peer, question, signal))
  if (!answer.ok) throw new Error(answer.error)
  return answer.value
}

/** Answers those who ask; the returned function stops that. */
export function serveAsks(network: Network, keep: (ask: KeepAsk, asker: PeerId) => Promise<KeepAnswer>): () => void {
  return network.handle(KEEP_PROTOCOL, LIMITS, async stream => {
    const frame = await stream.read()
    const ask = frame && decodeAsk(frame)
    if (ask === undefined || !ask.ok) return stream.abort('an ask that cannot be read')
    const answer = ask.value === undefined ? 'unknown' : await keep(ask.value, stream.peer)
    await stream.write(encodeAnswer(answer))
  })
}
