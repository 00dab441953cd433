import type { PortMapping } from '../../core/network/index.ts'

/** A router of this network that passes ports on, whatever protocol it speaks. */
export interface Router {
  readonly protocol: 'nat-pmp' | 'upnp'
  /** Its address outside; rejects when it has none. */
  externalHost(signal: AbortSignal): Promise<string>
  /** Opens a port, the same as inside where it can be, for some time; rejects when it cannot. */
  open(wanted: WantedPort, signal: AbortSignal): Promise<OpenedPort>
  close(opened: OpenedPort, signal: AbortSignal): Promise<void>
}

export interface WantedPort {
  readonly protocol: PortMapping['protocol']
  readonly host: string
  readonly port: number
  /** Tried first: what it was given before. */
  readonly externalPort: number
}

export interface OpenedPort extends WantedPort {
  /** For how long, in seconds; asked for again before that. */
  readonly lifetime: number
}

/** How long a port is asked for: a peer that is killed leaves it open for no longer. */
export const LIFETIME_SECONDS = 3600
