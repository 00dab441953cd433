import { StrictNoSign, type GossipsubOpts } from '@libp2p/gossipsub'
import { createTopicScoreParams, type TopicScoreParams } from '@libp2p/gossipsub/score'
import { sha256, toHex, type Millis } from '../../bytes/index.ts'

/** One message: the largest sealed entry (64 KiB body) with its header and outer seal, and room to grow. */
export const MAX_MESSAGE_BYTES = 96 * 1024
/**
 * One frame between two routers. An answer to "I want" carries several messages at once; a longer frame ends the
 * stream, which costs an honest sender its place in the mesh.
 */
const MAX_RPC_BYTES = 1024 * 1024
/** Bytes that wait for a slow neighbour before the stream to it is given up. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024
/** What one peer may make us remember of its topics: about 250 of them. */
const MAX_TOPIC_BYTES_PER_PEER = 256 * 1024
/** How long a message is known again, well above the time in which a mesh repeats itself. */
const SEEN: Millis = 10 * 60 * 1000
/**
 * "I don't want" costs more than the copies it saves at the size of chat messages (measured), so it is for large ones.
 */
const IDONTWANT_MIN_BYTES = 48 * 1024
/** Our own protocols need one stream each way; a second lives while the first one is being replaced. */
const STREAMS_PER_CONNECTION = 4

/** The id of a message: the hash of all that is transmitted. */
function messageId(message: { data?: Uint8Array | undefined }): Uint8Array {
  return sha256(message.data ?? new Uint8Array())
}

export const gossipOptions: Partial<GossipsubOpts> = {
  globalSignaturePolicy: StrictNoSign,
  msgIdFn: messageId,
  fastMsgIdFn: message => toHex(messageId(message)),
  msgIdToStrFn: toHex,
  fallbackToFloodsub: false,
  runOnLimitedConnection: true,
  emitSelf: false,
  doPX: false,
  allowPublishToZeroTopicPeers: true,
  ignoreDuplicatePublishError: true,
  seenTTL: SEEN,
  idontwantMinDataSize: IDONTWANT_MIN_BYTES,
  idontwantMaxMessages: 64,
  maxInboundDataLength: MAX_RPC_BYTES,
  maxOutboundBufferSize: MAX_WAITING_BYTES,
  maxTopicBytesPerPeer: MAX_TOPIC_BYTES_PER_PEER,
  maxInboundStreams: STREAMS_PER_CONNECTION,
  maxOutboundStreams: STREAMS_PER_CONNECTION,
  decodeRpcLimits: {
    maxSubscriptions: 256,
    maxMessages: 256,
    maxIhaveMessageIDs: 1000,
    maxIwantMessageIDs: 1000,
    maxIdontwantMessageIDs: 1000,
    maxControlMessages: 64,
    maxPeerInfos: 16
  },
  // Everyone behind one relay or one NAT shares its address: counting them punishes honest peers.
  scoreParams: { IPColocationFactorWeight: 0, topicScoreCap: 40, retainScore: 60 * 60 * 1000 },
  scoreThresholds: { gossipThreshold: -100, publishThreshold: -200, graylistThreshold: -400, acceptPXThreshold: 1000 }
}

/**
 * How neighbours are judged in a topic. Rooms are quiet, so nobody is held to a rate of deliveries (P3); an invalid
 * message (P4) counts squared: one -40, three -360, and the fourth, at -640, makes us deaf to the peer.
 */
export const topicScore: TopicScoreParams = createTopicScoreParams({
  topicWeight: 1,
  timeInMeshQuantum: 60_000,
  timeInMeshCap: 60,
  timeInMeshWeight: 10 / 60,
  firstMessageDeliveriesWeight: 1,
  firstMessageDeliveriesCap: 20,
  firstMessageDeliveriesDecay: 0.992,
  meshMessageDeliveriesWeight: 0,
  meshFailurePenaltyWeight: 0,
  invalidMessageDeliveriesWeight: -40,
  invalidMessageDeliveriesDecay: 0.9987
})
