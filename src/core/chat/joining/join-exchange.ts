import type { Millis } from '../../bytes/index.ts'
import type { Network, PeerId, ProtocolLimits } from '../../network/index.ts'
import { askPeer } from '../ask-peer.ts'
import { MAX_JOIN_REQUEST_BYTES } from './join-codec.ts'
import { MAX_SEALED_ANSWER_BYTES } from './sealed-answer.ts'

/** A newcomer's request to a member, and the answer: one frame each way, then both end. */
const JOIN_PROTOCOL = '/starling/join/1'

/** An admission is durable before it is answered, and a large answer comes over a slow relayed path. */
const MAX_DURATION: Millis = 30_000

/** Requests of one device that are under way at a time. */
export const ASKED_AT_ONCE = 8

const ASKING = {
  maxFrameBytes: MAX_SEALED_ANSWER_BYTES,
  maxTotalBytes: MAX_SEALED_ANSWER_BYTES,
  maxDuration: MAX_DURATION
}

const ANSWERING: ProtocolLimits = {
  maxFrameBytes: MAX_JOIN_REQUEST_BYTES,
  maxTotalBytes: MAX_JOIN_REQUEST_BYTES,
  maxDuration: MAX_DURATION,
  // A newcomer asks once, and again when that broke off; a further device for several of its member's rooms.
  maxStreamsPerPeer: ASKED_AT_ONCE,
  maxStreams: 64
}

/** Brings the request to a connected peer; rejects when it does not answer. */
export function askToJoin(
  network: Network,
  peer: PeerId,
  request: Uint8Array,
  signal: AbortSignal
): Promise<Uint8Array> {
  return askPeer(network, peer, { protocol: JOIN_PROTOCOL, limits: ASKING, frame: request }, signal)
}

/** Answers newcomers, or does not: `answer` says what. The returned function stops that. */
export function serveJoins(
  network: Network,
  answer: (request: Uint8Array, from: PeerId) => Promise<Uint8Array | undefined>
): () => void {
  return network.handle(JOIN_PROTOCOL, ANSWERING, async stream => {
    const request = await stream.read()
    const answered = request && (await answer(request, stream.peer))
    // One sentence for every reason: a stranger does not find out which rooms there are.
    if (answered === undefined) return stream.abort('no such invite')
    await stream.write(answered)
  })
}
