import type { GossipSub, PublishResult } from '@libp2p/gossipsub'
import type { TopicScoreParams } from '@libp2p/gossipsub/score'
import type { Connection, PeerId as Libp2pPeerId, Stream } from '@libp2p/interface'
import type { PeerId } from '../network.ts'

/**
 * The one place that reaches behind gossipsub's public type (`@libp2p/gossipsub` 17.1.1, gossipsub.js). It keeps one
 * outbound stream per peer, on whichever connection came first, and opens another only when a connection is identified:
 * when the circuit that carries the stream closes under a living direct connection, nothing reopens one and the peers
 * fall silent. When the inbound stream breaks, it even forgets the peer.
 */
interface GossipInternals {
  readonly peers: Map<string, Libp2pPeerId>
  readonly streamsOutbound: Map<string, GossipStream>
  readonly streamsInbound: Map<string, Pick<GossipStream, 'rawStream'>>
  readonly score: { readonly params: { readonly topics: Record<string, TopicScoreParams> } }
  publish(topic: string, message: Uint8Array, options: { floodPublish: boolean }): Promise<PublishResult>
  /** Remembers the peer and queues `createOutboundStream`. */
  onPeerConnected(peer: Libp2pPeerId, connection: Connection): void
  /** Looks for an outbound stream at once, and sets the new one when it is open. */
  createOutboundStream(peer: Libp2pPeerId, connection: Connection): Promise<void>
  sendSubscriptions(peer: string, topics: string[], subscribe: boolean): void
}

interface GossipStream {
  readonly rawStream: Stream
  close(): Promise<void>
}

function internals(pubsub: GossipSub): GossipInternals {
  return pubsub as unknown as GossipInternals
}

export function isGossipProtocol(protocol: string): boolean {
  return protocol.startsWith('/meshsub/')
}

/** Whether messages to the peer go over any connection. */
export function hasGossipStream(pubsub: GossipSub, peer: PeerId): boolean {
  return internals(pubsub).streamsOutbound.get(peer)?.rawStream.status === 'open'
}

/** Whether messages to the peer go over this connection. */
export function gossipsOver(pubsub: GossipSub, peer: PeerId, connection: Connection): boolean {
  const stream = internals(pubsub).streamsOutbound.get(peer)?.rawStream
  return stream !== undefined && stream.status === 'open' && connection.streams.includes(stream)
}

/**
 * Sends messages to the peer over this connection from now on. The old stream serves until the new one is open, so
 * nothing is lost between them; when the new one cannot be opened, it goes on serving.
 */
export async function gossipOver(pubsub: GossipSub, connection: Connection): Promise<void> {
  const gossip = internals(pubsub)
  const peer = connection.remotePeer
  const id = peer.toString()
  const old = gossip.streamsOutbound.get(id)
  if (old === undefined || !gossip.peers.has(id)) return gossip.onPeerConnected(peer, connection)
  gossip.streamsOutbound.delete(id)
  const opened = gossip.createOutboundStream(peer, connection)
  gossip.streamsOutbound.set(id, old)
  await opened
  const now = gossip.streamsOutbound.get(id)
  if (now === old) return
  await old.close()
}

/** Tells the peer our topics again, in case it forgot us with a broken stream; who knows them ignores it. */
export function resendTopics(pubsub: GossipSub, peer: PeerId): void {
  const topics = pubsub.getTopics()
  if (topics.length > 0) internals(pubsub).sendSubscriptions(peer, topics, true)
}

/** The stream on which the peer speaks, as an identity that changes when it opens another. */
export function inboundStream(pubsub: GossipSub, peer: PeerId): object | undefined {
  return internals(pubsub).streamsInbound.get(peer)
}

/** The streams in both directions that there are now. */
export function gossipStreams(pubsub: GossipSub, peer: PeerId): Stream[] {
  const { streamsInbound, streamsOutbound } = internals(pubsub)
  return [streamsInbound.get(peer), streamsOutbound.get(peer)].flatMap(stream => stream?.rawStream ?? [])
}

/**
 * Scores the topic from now on. Parameters are set before subscribing and never taken away: the score reads them
 * without a check while it remembers a neighbour of the topic.
 */
export function scoreTopic(pubsub: GossipSub, topic: string, params: TopicScoreParams): void {
  internals(pubsub).score.params.topics[topic] = params
}

/** Publishes to every subscriber, or else to the mesh; the number of peers it was sent to. */
export async function publish(
  pubsub: GossipSub,
  topic: string,
  message: Uint8Array,
  floodPublish: boolean
): Promise<number> {
  return (await internals(pubsub).publish(topic, message, { floodPublish })).recipients.length
}
