import type { Millis } from '../bytes/index.ts'
import type { PeerId } from './network.ts'
import type { PathReason } from './path-reasons.ts'

/** What is known of the way to each connected peer, for people who look at the network. */
export interface NetworkFigures {
  /** Undefined when the peer is not connected. */
  of(peer: PeerId): PeerFigures | undefined
  /** How ICE came to the connection; undefined where the best one is none by WebRTC, or nothing is known of it. */
  ice(peer: PeerId): Promise<IceReport | undefined>
}

export interface PeerFigures {
  /** When the best connection was opened: Unix time. */
  readonly since: Millis
  /** Bytes of gossip and of this program's own protocols, over all connections since the peer was first met. */
  readonly received: number
  readonly sent: number
  /** The relay whose circuit carries a relayed peer. */
  readonly relay?: PeerId
  /** How long the peer was reached through a relay before a better path took over. */
  readonly upgrade?: Millis
  /** Of a relayed peer: rounds in which every better way failed; 0 while the first is under way. */
  readonly tries?: number
  /** Of a relayed peer: time until the next round; 0 while one runs. */
  readonly nextTry?: Millis
  /** Of a peer to which there could be a better path: what was tried and why it failed, as words of the program. */
  readonly reasons?: readonly PathReason[]
  /** The same for people: one sentence, without its full stop. */
  readonly why?: string
}

/** RFC 8445, 5.1.1: a candidate of the host, as a server or the peer saw it, or at a TURN server. */
export type CandidateKind = 'host' | 'srflx' | 'prflx' | 'relay'

export interface IceReport {
  /** Candidates on each side, by kind. */
  readonly local: Readonly<Record<CandidateKind, number>>
  readonly remote: Readonly<Record<CandidateKind, number>>
  /** The pair that carries the data. */
  readonly pair: { readonly local: CandidateKind; readonly remote: CandidateKind } | undefined
}
