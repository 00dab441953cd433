import type { Millis } from '../../bytes/index.ts'
import type { Network, PeerId, ProtocolLimits } from '../../network/index.ts'
import {
  decodeAnswer,
  decodeAsk,
  encodeAnswer,
  encodeAsk,
  KEEP_PROTOCOL,
  MAX_KEEP_FRAME_BYTES,
  type KeepAnswer
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

/** Asks a connected peer to keep the open room of this name; rejects when it is no keeper or does not answer. */
export async function askToKeep(
  network: Network,
  peer: PeerId,
  roomName: string,
  signal: AbortSignal
): Promise<KeepAnswer> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(MAX_DURATION)])
  const stream = await network.open(peer, KEEP_PROTOCOL, LIMITS, limit)
  try {
    await stream.write(encodeAsk(roomName))
    await stream.end()
    const answer = decodeAnswer((await stream.read()) ?? new Uint8Array())
    if (!answer.ok) throw new Error(answer.error)
    return answer.value
  } catch (thrown) {
    stream.abort('no answer that can be read')
    throw thrown
  }
}

/** Answers those who ask; the returned function stops that. */
export function serveAsks(
  network: Network,
  keep: (roomName: string, asker: PeerId) => Promise<KeepAnswer>
): () => void {
  return network.handle(KEEP_PROTOCOL, LIMITS, async stream => {
    const frame = await stream.read()
    const name = frame && decodeAsk(frame)
    if (name === undefined || !name.ok) return stream.abort('an ask that cannot be read')
    const answer = name.value === undefined ? 'unknown' : await keep(name.value, stream.peer)
    await stream.write(encodeAnswer(answer))
  })
}
