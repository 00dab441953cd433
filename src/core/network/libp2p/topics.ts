import { TopicValidatorResult, type GossipsubMessage, type SubscriptionChangeData } from '@libp2p/gossipsub'
import type { PeerId as Libp2pPeerId } from '@libp2p/interface'
import type { PeerId, TopicHandler, TopicMembership, Verdict } from '../network.ts'
import { publish, scoreTopic } from './gossip-internals.ts'
import { MAX_MESSAGE_BYTES, topicScore } from './gossip-options.ts'
import type { Node } from './node.ts'
import { fromLibp2pPeer } from './peer-ids.ts'

/** In rooms up to this size a message goes to every member at once; beyond it the mesh carries it on. */
const FLOOD_MEMBERS = 32

const RESULTS: Record<Verdict, TopicValidatorResult> = {
  accept: TopicValidatorResult.Accept,
  ignore: TopicValidatorResult.Ignore,
  reject: TopicValidatorResult.Reject
}

type Validator = (from: Libp2pPeerId, message: { data: Uint8Array }) => TopicValidatorResult

/**
 * Messages of topics that nobody here joined are dropped before they are stored or forwarded. gossipsub's own
 * `allowedTopics` would also drop the others' subscriptions, which are told once and needed when the topic is joined
 * later.
 */
class JoinedTopics extends Map<string, Validator> {
  override get(topic: string): Validator {
    return super.get(topic) ?? (() => TopicValidatorResult.Ignore)
  }
}

export interface Topics {
  join(topic: string, handler: TopicHandler): TopicMembership
  /** The stream to the peer has been broken, and messages may have been lost: it joins once more. */
  reopened(peer: PeerId): void
  /** The peer has gone. */
  gone(peer: PeerId): void
  stop(): void
}

export function createTopics(node: Node): Topics {
  const { pubsub } = node.services
  const validators = new JoinedTopics()
  const handlers = new Map<string, TopicHandler>()
  const told = new Map<PeerId, Set<string>>()
  pubsub.topicValidators = validators

  const onMessage = ({ detail }: CustomEvent<GossipsubMessage>): void => {
    const handler = handlers.get(detail.msg.topic)
    const from = fromLibp2pPeer(detail.propagationSource)
    // The event comes just before the message is forwarded.
    if (handler !== undefined) queueMicrotask(() => handler.deliver(detail.msg.data, from))
  }
  const onSubscription = ({ detail }: CustomEvent<SubscriptionChangeData>): void => {
    const peer = fromLibp2pPeer(detail.peerId)
    for (const { topic, subscribe } of detail.subscriptions) {
      if (subscribe) tell(peer, topic)
      else told.get(peer)?.delete(topic)
    }
  }
  /** Subscriptions are repeated; a handler hears of each once. */
  function tell(peer: PeerId, topic: string): void {
    const handler = handlers.get(topic)
    const topics = told.get(peer) ?? new Set()
    if (handler === undefined || topics.has(topic)) return
    told.set(peer, topics.add(topic))
    handler.joined(peer)
  }
  pubsub.addEventListener('gossipsub:message', onMessage)
  pubsub.addEventListener('subscription-change', onSubscription)

  function leave(topic: string, handler: TopicHandler): void {
    if (handlers.get(topic) !== handler) return
    handlers.delete(topic)
    validators.delete(topic)
    for (const topics of told.values()) topics.delete(topic)
    if (node.status === 'started') pubsub.unsubscribe(topic)
  }

  function subscribers(topic: string): PeerId[] {
    return pubsub.getSubscribers(topic).map(fromLibp2pPeer)
  }

  return {
    join(topic, handler) {
      if (handlers.has(topic)) throw new Error('this topic is joined already')
      handlers.set(topic, handler)
      validators.set(topic, (from, message) => validate(handler, message.data, from))
      scoreTopic(pubsub, topic, topicScore)
      pubsub.subscribe(topic)
      return {
        publish: message => publish(pubsub, topic, message, subscribers(topic).length <= FLOOD_MEMBERS),
        peers: () => subscribers(topic),
        leave: () => leave(topic, handler)
      }
    },
    reopened(peer) {
      told.delete(peer)
      for (const topic of handlers.keys()) if (subscribers(topic).includes(peer)) tell(peer, topic)
    },
    gone: peer => void told.delete(peer),
    stop() {
      pubsub.removeEventListener('gossipsub:message', onMessage)
      pubsub.removeEventListener('subscription-change', onSubscription)
      for (const [topic, handler] of [...handlers]) leave(topic, handler)
    }
  }
}

function validate(handler: TopicHandler, message: Uint8Array, from: Libp2pPeerId): TopicValidatorResult {
  if (message.length > MAX_MESSAGE_BYTES) return TopicValidatorResult.Reject
  return RESULTS[handler.validate(message, fromLibp2pPeer(from))]
}
