import type { Millis, RandomBytes } from '../../bytes/index.ts'
import type { FrameStream, Network, PeerId, ProtocolLimits } from '../../network/index.ts'
import {
  EXCHANGE_PROTOCOL,
  EXCHANGE_TAG_BYTES,
  keysOf,
  MAX_EXCHANGE_FRAME_BYTES,
  openExchange,
  sealExchange,
  type ExchangeKeys,
  type ExchangeMessage
} from './exchange-codec.ts'

/** Entries of one answer stop after this many bytes; what is left is asked for again. */
export const MAX_ANSWER_BYTES = 1024 * 1024
/** A member on a slow relayed path still gets a full answer in this time. */
const MAX_EXCHANGE_DURATION: Millis = 30_000

const LIMITS: ProtocolLimits = {
  maxFrameBytes: MAX_EXCHANGE_FRAME_BYTES,
  maxTotalBytes: MAX_ANSWER_BYTES + 2 * MAX_EXCHANGE_FRAME_BYTES,
  maxDuration: MAX_EXCHANGE_DURATION,
  // A hello, a fetch and an acknowledgement for each of a few rooms.
  maxStreamsPerPeer: 16,
  maxStreams: 256
}

/** The keys a room answers to now; tags differ by room, secret and day. */
export interface ExchangeRoom {
  exchangeKeys(): readonly ExchangeKeys[]
  /** Answers what a member asked under these keys; what it yields goes back to the member. */
  answer(message: ExchangeMessage, from: PeerId, keys: ExchangeKeys): AsyncIterable<ExchangeMessage>
}

/** Sends one message to a connected member and collects the answer, which must be under the very keys of the question. */
export async function exchange(
  network: Network,
  random: RandomBytes,
  keys: ExchangeKeys,
  to: PeerId,
  message: ExchangeMessage,
  signal: AbortSignal
): Promise<ExchangeMessage[]> {
  const stream = await network.open(to, EXCHANGE_PROTOCOL, LIMITS, signal)
  try {
    await stream.write(sealExchange(keys, { from: network.self, to }, message, random))
    await stream.end()
    return await readAnswer(stream, keys, network.self)
  } catch (thrown) {
    stream.abort('the exchange broke off')
    throw thrown
  }
}

/** Answers exchanges for whichever room their first frame names; the returned function stops that. */
export function serveExchanges(
  network: Network,
  random: RandomBytes,
  roomOf: (tag: Uint8Array) => ExchangeRoom | undefined
): () => void {
  return network.handle(EXCHANGE_PROTOCOL, LIMITS, async stream => {
    const frame = await stream.read()
    const room = frame && roomOf(frame.subarray(0, EXCHANGE_TAG_BYTES))
    if (frame === undefined || room === undefined) return stream.abort('no such room')
    const keys = room.exchangeKeys()
    const message = openExchange(keys, { from: stream.peer, to: network.self }, frame)
    // Whoever asks may be in another day, or know no newer secret.
    const sealWith = keysOf(keys, frame)
    if (!message.ok || sealWith === undefined) return stream.abort('a frame that does not open')
    const direction = { from: network.self, to: stream.peer }
    for await (const answer of room.answer(message.value, stream.peer, sealWith)) {
      await stream.write(sealExchange(sealWith, direction, answer, random))
    }
  })
}

async function readAnswer(stream: FrameStream, keys: ExchangeKeys, self: PeerId): Promise<ExchangeMessage[]> {
  const messages: ExchangeMessage[] = []
  for (let frame = await stream.read(); frame !== undefined; frame = await stream.read()) {
    const message = openExchange([keys], { from: stream.peer, to: self }, frame)
    if (!message.ok) throw new Error(message.error)
    messages.push(message.value)
  }
  return messages
}
