import type { Millis } from '../bytes/index.ts'
import type { NetworkFigures } from './figures.ts'
import type { Reach } from './reach.ts'

/**
 * The network as the layers above see it: topics, streams of frames, meeting places, and which peers are reached by which
 * path. `libp2p/` holds its one implementation. Nothing here knows of rooms, members or entries.
 */
export interface Network {
  readonly self: PeerId
  /** Multiaddrs at which others can reach this peer now, `/p2p/` included. */
  addresses(): string[]
  /** Multiaddrs at which `peer` was or can be reached, `/p2p/` included, best first. */
  addressesOf(peer: PeerId): Promise<string[]>
  peers(): PeerConnection[]
  relays(): RelayReservation[]
  /** STUN and TURN servers on the hosts of connected relays; absent on a network that has none. */
  iceServers?(): IceServer[]
  /** What people want to know of each connection; absent on a network that measures nothing. */
  readonly figures?: NetworkFigures
  /** How this peer looks from outside; absent on a network that has no outside. */
  readonly reach?: Reach

  join(topic: string, handler: TopicHandler): TopicMembership
  /** Opens a stream to a connected peer, over its best connection. */
  open(peer: PeerId, protocol: string, limits: StreamLimits, signal: AbortSignal): Promise<FrameStream>
  /** Answers streams that others open; the returned function stops that. */
  handle(protocol: string, limits: ProtocolLimits, handler: StreamHandler): () => void

  /**
   * Announces this peer under `key` (32 bytes) and connects to the others that do, until the returned function is called.
   */
  meet(key: Uint8Array): () => void
  /**
   * Keeps a connection to the peer at these addresses: dials, and redials with back-off, until the returned function is
   * called. Each address names the same peer (`/p2p/`). `failed` is called after each round in which nobody answered.
   */
  keep(addresses: readonly string[], failed?: () => void): () => void
  /** As `keep`, for a peer that this device's user, or the page it runs in, chose to meet others at. */
  keepChosen(addresses: readonly string[]): () => void
  /** The peers chosen so, those of the bootstrap list included, as far as they are known by now. */
  chosen(): PeerId[]

  /**
   * Calls the listener, a moment later, for each peer that is connected already, then for what happens; the returned
   * function ends that.
   */
  listen(listener: (event: NetworkEvent) => void): () => void
  stop(): Promise<void>
}

/** A libp2p PeerId in its text form, `12D3...`. */
export type PeerId = string & { readonly __brand: 'PeerId' }

/**
 * How a peer is reached: `direct` (TCP, WebSocket, webrtc-direct), `punched` (TCP through NATs), `webrtc` (UDP by ICE),
 * `turn` (WebRTC through a TURN server), `relayed` (a libp2p circuit), `none` (not any more).
 */
export type Path = 'direct' | 'punched' | 'webrtc' | 'turn' | 'relayed' | 'none'

export interface PeerConnection {
  readonly peer: PeerId
  /** The best of the paths that are open. */
  readonly path: Path
  /** Round trip over that path; undefined until measured. */
  readonly rtt: Millis | undefined
  readonly address: string
  /** Why the path is not a better one, in one sentence without its full stop; absent where nothing is known. */
  readonly why?: string
}

/** As `RTCConfiguration` takes them (W3C WebRTC, section 4.2.1). */
export interface IceServer {
  readonly urls: string
  readonly username?: string
  readonly credential?: string
}

/** A relay that accepted our reservation, so that others reach us through it. */
export interface RelayReservation {
  readonly peer: PeerId
  readonly address: string
}

export type NetworkEvent =
  | { readonly kind: 'peer'; readonly connection: PeerConnection }
  | { readonly kind: 'addresses' }
  /** The machine was asleep or offline, or the page frozen, and is back, or its addresses have changed: what was said meanwhile was not heard. */
  | { readonly kind: 'woke' }
  | { readonly kind: 'warning'; readonly code: string; readonly text: string }

/** What becomes of a gossiped message: forwarded and delivered, dropped silently, or dropped and held against its bringer. */
export type Verdict = 'accept' | 'ignore' | 'reject'

export interface TopicHandler {
  /** Decides before the message is forwarded; must be quick and must not throw. */
  validate(message: Uint8Array, from: PeerId): Verdict
  /** Takes each accepted message once, after it was forwarded. */
  deliver(message: Uint8Array, from: PeerId): void
  /** A connected peer has joined this topic. */
  joined(peer: PeerId): void
}

export interface TopicMembership {
  /** Sends to the peers in the topic; the number of peers it was sent to, which may be 0. */
  publish(message: Uint8Array): Promise<number>
  /** Connected peers in this topic. */
  peers(): PeerId[]
  leave(): void
}

export interface StreamLimits {
  /** Largest frame that is read. */
  readonly maxFrameBytes: number
  /** Sum of all frames that are read. */
  readonly maxTotalBytes: number
  /** Time from opening to closing. */
  readonly maxDuration: Millis
}

export interface ProtocolLimits extends StreamLimits {
  /** Streams of one peer handled at a time; more are reset. */
  readonly maxStreamsPerPeer: number
  /** Streams of all peers handled at a time; more are reset. */
  readonly maxStreams: number
}

/** A stream of length-prefixed frames (unsigned varint, then the bytes). Each method rejects once the stream broke. */
export interface FrameStream {
  readonly peer: PeerId
  /** The next frame, or undefined when the other side has ended. */
  read(): Promise<Uint8Array | undefined>
  /** Sends these frames, in one piece: fewer and larger packets than one by one. */
  write(...frames: Uint8Array[]): Promise<void>
  /** Says that nothing more will be written. */
  end(): Promise<void>
  /** Resets the stream: the other side broke the protocol, or nobody wants the rest. */
  abort(reason: string): void
}

/** Handles one stream; the stream is ended when the promise resolves and reset when it rejects. */
export type StreamHandler = (stream: FrameStream) => Promise<void>
