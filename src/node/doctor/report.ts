import type { Report } from '../../core/doctor/index.ts'

/** The object of `doctor --json` and `GET /v1/nat`. */
export interface NodeReport extends Report {
  readonly router: RouterReport
}

/** What the router of this network was asked and did. */
export interface RouterState {
  /** False where nothing is wanted of a router: a peer that listens on no private network, or is told not to ask. */
  readonly asked: boolean
  readonly protocol: 'nat-pmp' | 'upnp' | null
  readonly externalHost: string | null
  /** `tcp 4001`, as it is outside. */
  readonly ports: readonly string[]
}

export interface RouterReport extends RouterState {
  readonly advice: string
}
