import type { Millis } from '../bytes/index.ts'
import type { PeerId } from './network.ts'

/** What can be found out about how others reach this peer, by asking peers that see it from outside. */
export interface Reach {
  /** Connected peers that can be asked: reached without a relay, one for each host. */
  witnesses(): Promise<Witness[]>
  /** What the witness sees; rejects when it does not answer. */
  look(witness: Witness, signal: AbortSignal): Promise<Look>
  /** Has the witness send a UDP packet to this port of the host that it sees; whether it says that it did. */
  packet(witness: Witness, port: number, transaction: Uint8Array, signal: AbortSignal): Promise<boolean>
  /** Addresses under which this peer may be reached from the internet, and what became of trying them. */
  addresses(): AddressTrial[]
  /** Has witnesses try these addresses now; resolves when all were tried. */
  check(signal: AbortSignal): Promise<AddressTrial[]>
  /** A router passes what comes to `external` on to `internal`; to be announced once it is shown to work. */
  mapped(mappings: readonly PortMapping[]): void
  /** Dials until the other side has proved who it is, and hangs up; the time that this took. */
  dial(address: string, signal: AbortSignal): Promise<Millis>
  /** A second peer on this machine, with a PeerId of its own, to see this one from outside or to start afresh. */
  stranger(): Promise<Stranger>
}

/** A connected peer that tells how this one looks from its host. */
export interface Witness {
  readonly peer: PeerId
  /** IP address, and whether it is one of the internet. */
  readonly host: string
  readonly isPublic: boolean
  /** As the connection has it. */
  readonly address: string
}

export interface Look {
  /** The multiaddr from which the connection came, as the witness says. */
  readonly observed: string
  /** The IP address at which that begins, where it is one, and whether it is one of the internet. */
  readonly host: string | undefined
  readonly isPublic: boolean
  /** How far the witness's clock is ahead of this one's, give or take half the round trip. */
  readonly clockAhead: Millis
  readonly rtt: Millis
}

export interface PortMapping {
  readonly protocol: 'tcp' | 'udp'
  readonly internal: { readonly host: string; readonly port: number }
  readonly external: { readonly host: string; readonly port: number }
}

/** Where the address comes from: a listener, `--announce`, a router's mapping, or where witnesses see this peer. */
export type AddressSource = 'listening' | 'announced' | 'mapped' | 'observed'

export interface AddressTrial {
  readonly address: string
  readonly source: AddressSource
  /** Witnesses that reached this peer there, and those that did not. */
  readonly reachedBy: readonly PeerId[]
  readonly missedBy: readonly PeerId[]
  /** Told to others. */
  readonly isAnnounced: boolean
}

export interface Stranger {
  /** Dials the address, from this local port where one is given, and asks there what is seen. */
  look(address: string, localPort: number | undefined, signal: AbortSignal): Promise<Look>
  /** Dials the address and pings; the time that this took. */
  reach(address: string, signal: AbortSignal): Promise<Millis>
  stop(): Promise<void>
}
