import type { Clock, Millis } from '../../src/core/bytes/index.ts'
import type {
  FrameStream,
  Network,
  NetworkEvent,
  PeerConnection,
  PeerId,
  StreamHandler,
  TopicHandler
} from '../../src/core/network/index.ts'

const LATENCY: Millis = 20
/** Who is kept and does not answer is dialled again after this. */
const KEEP_RETRY: Millis = 12_000

/** Peers in one process behind the network port: who is connected, and what gossip loses, is up to the test. */
export class VirtualNetwork {
  /** Whether a gossiped message gets from one to the other. */
  gossipArrives: (from: PeerId, to: PeerId) => boolean = () => true
  /** How often a gossiped message that gets there arrives. */
  gossipCopies: () => number = () => 1
  /** How long the next thing on its way takes; the frames of one stream stay in order. */
  latency: () => Millis = () => LATENCY
  /** Whether peers that meet under one key are connected by themselves. */
  discovery = true
  /** Whether nothing gets from one to the other, in either direction: each is in a part of its own. */
  isApart: (a: PeerId, b: PeerId) => boolean = () => false
  /** Peers that everybody's user chose to meet others at. */
  readonly chosen = new Set<PeerId>()
  readonly #clock: Clock
  readonly #peers = new Map<PeerId, VirtualPeer>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  peer(name: string): VirtualPeer {
    const peer = new VirtualPeer(name as PeerId, this, this.#clock)
    this.#peers.set(peer.self, peer)
    return peer
  }

  find(id: PeerId): VirtualPeer | undefined {
    return this.#peers.get(id)
  }

  all(): VirtualPeer[] {
    return [...this.#peers.values()]
  }

  remove(peer: VirtualPeer): void {
    this.#peers.delete(peer.self)
  }

  connect(a: VirtualPeer, b: VirtualPeer): void {
    if (a === b || a.connected.has(b) || this.isApart(a.self, b.self)) return
    a.connected.add(b)
    b.connected.add(a)
    for (const [from, to] of [
      [a, b],
      [b, a]
    ] as const) {
      from.emit({ kind: 'peer', connection: to.connection('direct') })
      for (const topic of to.topics.keys()) from.later(() => from.sees(to, topic))
    }
  }

  /** Parts those who are in none of these together; whoever is in none of them is with everybody. */
  part(...parts: readonly (readonly VirtualPeer[])[]): void {
    const partOf = (id: PeerId): number => parts.findIndex(part => part.some(({ self }) => self === id))
    this.isApart = (a, b) => partOf(a) >= 0 && partOf(b) >= 0 && partOf(a) !== partOf(b)
    for (const a of this.all())
      for (const b of [...a.connected]) if (this.isApart(a.self, b.self)) this.disconnect(a, b)
  }

  /** All get to one another again. */
  heal(): void {
    this.isApart = () => false
    const all = this.all()
    for (const a of all) for (const b of all) this.connect(a, b)
  }

  disconnect(a: VirtualPeer, b: VirtualPeer): void {
    if (!a.connected.delete(b)) return
    b.connected.delete(a)
    for (const peer of [a, b]) peer.breakStreams(peer === a ? b : a)
    a.emit({ kind: 'peer', connection: b.connection('none') })
    b.emit({ kind: 'peer', connection: a.connection('none') })
  }
}

export class VirtualPeer implements Network {
  readonly self: PeerId
  readonly connected = new Set<VirtualPeer>()
  readonly topics = new Map<string, TopicHandler>()
  readonly #streams = new Set<{ readonly other: VirtualPeer; readonly stream: FrameStream }>()
  readonly #hub: VirtualNetwork
  readonly #clock: Clock
  readonly #listeners = new Set<(event: NetworkEvent) => void>()
  readonly #protocols = new Map<string, StreamHandler>()
  readonly #meetings = new Set<string>()

  constructor(self: PeerId, hub: VirtualNetwork, clock: Clock) {
    this.self = self
    this.#hub = hub
    this.#clock = clock
  }

  addresses(): string[] {
    return [`/memory/${this.self}/p2p/${this.self}`]
  }

  async addressesOf(peer: PeerId): Promise<string[]> {
    return this.#hub.find(peer)?.addresses() ?? []
  }

  peers(): PeerConnection[] {
    return [...this.connected].map(peer => peer.connection('direct'))
  }

  relays(): [] {
    return []
  }

  connection(path: PeerConnection['path']): PeerConnection {
    return { peer: this.self, path, rtt: LATENCY, address: this.addresses()[0] ?? '' }
  }

  join(topic: string, handler: TopicHandler) {
    this.topics.set(topic, handler)
    for (const other of this.connected) {
      other.later(() => other.sees(this, topic))
      this.later(() => this.sees(other, topic))
    }
    return {
      publish: async (message: Uint8Array) => this.#publish(topic, message),
      peers: () => this.#inTopic(topic).map(peer => peer.self),
      leave: () => this.topics.delete(topic)
    }
  }

  /** Tells the topic's handler that a connected peer is in it. */
  sees(other: VirtualPeer, topic: string): void {
    if (other.topics.has(topic) && this.connected.has(other)) this.topics.get(topic)?.joined(other.self)
  }

  async open(peer: PeerId, protocol: string): Promise<FrameStream> {
    const other = this.#hub.find(peer)
    const handler = other && other.#protocols.get(protocol)
    if (other === undefined || handler === undefined || !this.connected.has(other)) throw new Error('not connected')
    const [there, here] = streamPair(this, other)
    const open = { other, stream: there }
    this.#streams.add(open)
    other.later(() => {
      handler(here)
        .then(
          () => here.end(),
          () => here.abort('the handler broke off')
        )
        .finally(() => this.#streams.delete(open))
    })
    return there
  }

  breakStreams(other: VirtualPeer): void {
    for (const open of this.#streams) {
      if (open.other !== other) continue
      open.stream.abort('the connection is gone')
      this.#streams.delete(open)
    }
  }

  handle(protocol: string, _limits: unknown, handler: StreamHandler): () => void {
    this.#protocols.set(protocol, handler)
    return () => this.#protocols.delete(protocol)
  }

  meet(key: Uint8Array): () => void {
    const name = String(key)
    this.#meetings.add(name)
    this.later(() => {
      if (!this.#hub.discovery || !this.#meetings.has(name)) return
      for (const other of this.#hub.all()) if (other.#meetings.has(name)) this.#hub.connect(this, other)
    })
    return () => this.#meetings.delete(name)
  }

  keep(addresses: readonly string[], failed: () => void = () => undefined): () => void {
    const peer = addresses[0]?.split('/').at(-1)
    const dial = (): void => {
      const other = this.#hub.discovery && peer !== undefined ? this.#hub.find(peer as PeerId) : undefined
      if (other) return this.#hub.connect(this, other)
      failed()
      stop = this.#clock.after(KEEP_RETRY, dial)
    }
    let stop: () => void = () => undefined
    this.later(dial)
    return () => stop()
  }

  keepChosen(addresses: readonly string[]): () => void {
    return this.keep(addresses)
  }

  chosen(): PeerId[] {
    return [...this.#hub.chosen]
  }

  listen(listener: (event: NetworkEvent) => void): () => void {
    this.#listeners.add(listener)
    queueMicrotask(() => {
      for (const other of this.connected) listener({ kind: 'peer', connection: other.connection('direct') })
    })
    return () => this.#listeners.delete(listener)
  }

  emit(event: NetworkEvent): void {
    for (const listener of this.#listeners) listener(event)
  }

  later(run: () => void): void {
    this.#clock.after(this.#hub.latency(), run)
  }

  /** Runs when it arrives, which is never before the earlier arrival; returns when that is. */
  laterThan(earlier: Millis, run: () => void): Millis {
    const now = this.#clock.now()
    const arrival = Math.max(earlier, now + this.#hub.latency())
    this.#clock.after(arrival - now, run)
    return arrival
  }

  /** Streams that this peer opened and that nobody has answered to the end. */
  get openStreams(): number {
    return this.#streams.size
  }

  /** The process is gone: nothing reaches it any more, and it says nothing. */
  crash(): void {
    this.#listeners.clear()
    for (const other of [...this.connected]) this.#hub.disconnect(this, other)
    this.topics.clear()
    this.#protocols.clear()
    this.#hub.remove(this)
  }

  /** What a hostile peer does: puts bytes of its own into a topic. */
  async #publish(topic: string, message: Uint8Array): Promise<number> {
    const others = this.#inTopic(topic)
    for (const other of others) {
      if (!this.#hub.gossipArrives(this.self, other.self)) continue
      for (let copy = this.#hub.gossipCopies(); copy > 0; copy -= 1) {
        other.later(() => other.receive(topic, message, this.self))
      }
    }
    return others.length
  }

  receive(topic: string, message: Uint8Array, from: PeerId): void {
    const handler = this.topics.get(topic)
    if (handler?.validate(message, from) === 'accept') handler.deliver(message, from)
  }

  async stop(): Promise<void> {
    for (const other of [...this.connected]) this.#hub.disconnect(this, other)
    this.#hub.remove(this)
  }

  #inTopic(topic: string): VirtualPeer[] {
    return [...this.connected].filter(peer => peer.topics.has(topic))
  }
}

function streamPair(opener: VirtualPeer, answerer: VirtualPeer): [FrameStream, FrameStream] {
  const [up, down] = [new Pipe(opener), new Pipe(answerer)]
  return [streamOver(answerer.self, down, up), streamOver(opener.self, up, down)]
}

function streamOver(peer: PeerId, incoming: Pipe, outgoing: Pipe): FrameStream {
  return {
    peer,
    read: () => incoming.read(),
    write: async (...frames) => frames.forEach(frame => outgoing.write(frame)),
    end: async () => outgoing.write(undefined),
    abort(reason) {
      incoming.break(reason)
      outgoing.break(reason)
    }
  }
}

class Pipe {
  readonly #frames: (Uint8Array | undefined)[] = []
  readonly #sender: VirtualPeer
  #broken: string | undefined
  #arrival: Millis = 0
  #wake: () => void = () => undefined

  constructor(sender: VirtualPeer) {
    this.#sender = sender
  }

  write(frame: Uint8Array | undefined): void {
    this.#arrival = this.#sender.laterThan(this.#arrival, () => {
      if (this.#broken !== undefined) return
      this.#frames.push(frame)
      this.#wake()
    })
  }

  async read(): Promise<Uint8Array | undefined> {
    while (this.#frames.length === 0) {
      if (this.#broken !== undefined) throw new Error(this.#broken)
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#wake = resolve
      await promise
    }
    return this.#frames.shift()
  }

  break(reason: string): void {
    this.#broken = reason
    this.#wake()
  }
}
