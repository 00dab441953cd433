import type { AddressSource, CandidateKind, NatFiltering, NatKind, NatMapping } from '../network/index.ts'
import type { IceCandidate } from './ice-candidates.ts'

/** What the doctor found, with a sentence of advice on each: what a tab shows, and a program, which adds its router. */
export interface Report {
  readonly peer: string
  /** All of it in one sentence. */
  readonly summary: string
  readonly nat: NatReport
  readonly addresses: AddressReport
  readonly candidates: CandidateReport
  readonly transports: readonly TransportReport[]
  readonly relays: RelayReport
  readonly clock: ClockReport
  /** What somebody says that cannot be right. */
  readonly warnings: readonly string[]
}

export interface NatReport {
  readonly kind: NatKind
  /** UDP. */
  readonly mapping: NatMapping
  readonly filtering: NatFiltering
  readonly preservesPorts: boolean | null
  readonly portStep: number | null
  readonly tcp: {
    readonly mapping: NatMapping
    readonly preservesPorts: boolean | null
    readonly portStep: number | null
  }
  readonly advice: string
}

export interface AddressReport {
  /** IP addresses from which relays see this peer come. */
  readonly seen: readonly string[]
  readonly tried: readonly TriedAddress[]
  readonly advice: string
}

export interface TriedAddress {
  readonly address: string
  readonly source: AddressSource
  /** How many relays reached this peer there, and how many did not. */
  readonly reached: number
  readonly missed: number
  readonly announced: boolean
}

/** The pair of candidates over which data goes to a peer that is connected by WebRTC. */
export interface CarryingPair {
  readonly peer: string
  readonly local: CandidateKind
  readonly remote: CandidateKind
}

export interface CandidateReport extends Record<IceCandidate['kind'], readonly string[]> {
  readonly carries: readonly CarryingPair[]
  readonly advice: string
}

export type TransportName = 'tcp' | 'ws' | 'webrtc-direct' | 'webrtc' | 'circuit'

export interface TransportTrial {
  readonly transport: TransportName
  /** `untried`: there was nobody to try it with. */
  readonly state: 'works' | 'fails' | 'untried' | 'off'
  readonly ms: number | null
  readonly address: string | null
  readonly reason: string | null
}

export interface TransportReport extends TransportTrial {
  readonly advice: string
}

export interface KnownRelay {
  readonly peer: string
  readonly address: string
  readonly rtt: number | null
  /** It is on the internet, not in this network. */
  readonly isOutside: boolean
  /** It passes others on to this peer. */
  readonly place: boolean
  /** It tells how this peer looks from outside. */
  readonly witness: boolean
}

export interface RelayReport {
  readonly known: readonly KnownRelay[]
  /** STUN servers, and whether they answered. */
  readonly stun: readonly { readonly server: string; readonly answered: boolean }[]
  readonly advice: string
}

export interface ClockReport {
  /** How far this machine's clock is ahead of the relays' median; null when none was asked. */
  readonly ahead: number | null
  readonly witnesses: number
  readonly advice: string
}
