/**
 * What a NAT does, told from what servers outside saw: the idea of RFC 5780 with the terms of RFC 4787. The two servers
 * that RFC 5780 wants at one place are two relays here, each with one address.
 */

/** An IP address and a port. */
export interface Endpoint {
  readonly host: string
  readonly port: number
}

/** One answer: `server` was asked from `local`, and saw the question come from `mapped`. */
export interface MappingSample {
  readonly local: Endpoint
  readonly server: Endpoint
  readonly mapped: Endpoint
}

/**
 * RFC 4787, section 4.1. `none`: there is no NAT. Whether a mapping that depends on the address depends on the port as
 * well, relays with one port each cannot tell.
 */
export type NatMapping = 'none' | 'endpoint-independent' | 'address-dependent' | 'unknown'

/** RFC 4787, section 5; of a firewall, too, where there is no NAT. */
export type NatFiltering = 'endpoint-independent' | 'address-dependent' | 'address-and-port-dependent' | 'unknown'

/** Why the mapping is not known. */
export type MappingDoubt = 'no-server' | 'no-answer' | 'one-server' | 'servers-disagree'

export interface MappingBehaviour {
  readonly mapping: NatMapping
  readonly doubt?: MappingDoubt
  /** Public endpoints as they were seen, each once, in the order of the answers. */
  readonly seen: readonly Endpoint[]
  /** The port outside is the one inside (RFC 4787, section 4.2.1). */
  readonly preservesPorts: boolean | undefined
  /** The regular distance between ports of mappings made one after another, so that the next can be predicted. */
  readonly portStep?: number
}

/** Whether packets came that a server sent without having been sent to; undefined: not tried. */
export interface FilteringTrial {
  /** From the host that made the mapping, from another port. */
  readonly fromOtherPort: boolean | undefined
  /** From a host that was never sent to. */
  readonly fromOtherHost: boolean | undefined
}

export type NatKind =
  | 'open'
  | 'firewall'
  | 'full-cone'
  | 'address-restricted-cone'
  | 'port-restricted-cone'
  | 'cone'
  | 'symmetric'
  | 'blocked'
  | 'unknown'

const PORTS = 65_536
/** Fewer distances than this are regular by chance. */
const MIN_STEPS = 3

/** What the answers say, in the order in which they were asked for. `asked` counts the hosts of all servers asked. */
export function mappingBehaviour(
  samples: readonly MappingSample[],
  asked: number,
  isOwnHost: (host: string) => boolean
): MappingBehaviour {
  const seen = distinct(samples.map(({ mapped }) => mapped))
  const preservesPorts =
    samples.length === 0 ? undefined : samples.every(({ local, mapped }) => local.port === mapped.port)
  const about = { seen, preservesPorts }
  if (asked === 0) return { ...about, mapping: 'unknown', doubt: 'no-server' }
  if (samples.length === 0) return { ...about, mapping: 'unknown', doubt: 'no-answer' }
  if (!agreeOnHost(samples)) return { ...about, mapping: 'unknown', doubt: 'servers-disagree' }
  if (preservesPorts && samples.every(({ mapped }) => isOwnHost(mapped.host))) return { ...about, mapping: 'none' }
  if (new Set(samples.map(({ server }) => server.host)).size < 2) {
    return { ...about, mapping: 'unknown', doubt: 'one-server' }
  }
  if (bySocket(samples).every(own => distinct(own.map(({ mapped }) => mapped)).length === 1)) {
    return { ...about, mapping: 'endpoint-independent' }
  }
  const portStep = regularStep(samples.map(({ mapped }) => mapped.port))
  return { ...about, mapping: 'address-dependent', ...(portStep !== undefined && { portStep }) }
}

export function filteringBehaviour({ fromOtherHost, fromOtherPort }: FilteringTrial): NatFiltering {
  if (fromOtherHost === true) return 'endpoint-independent'
  if (fromOtherHost === undefined) return 'unknown'
  if (fromOtherPort === undefined) return 'unknown'
  return fromOtherPort ? 'address-dependent' : 'address-and-port-dependent'
}

/** The kind by its customary name. */
export function natKind({ mapping, doubt }: MappingBehaviour, filtering: NatFiltering): NatKind {
  if (doubt === 'no-answer') return 'blocked'
  if (mapping === 'unknown') return 'unknown'
  if (mapping === 'none') return filtering === 'endpoint-independent' ? 'open' : 'firewall'
  if (mapping === 'address-dependent') return 'symmetric'
  if (filtering === 'unknown') return 'cone'
  if (filtering === 'endpoint-independent') return 'full-cone'
  return filtering === 'address-dependent' ? 'address-restricted-cone' : 'port-restricted-cone'
}

function agreeOnHost(samples: readonly MappingSample[]): boolean {
  const families = Map.groupBy(samples, ({ mapped }) => mapped.host.includes(':'))
  return [...families.values()].every(family => new Set(family.map(({ mapped }) => mapped.host)).size === 1)
}

function bySocket(samples: readonly MappingSample[]): MappingSample[][] {
  return [...Map.groupBy(samples, ({ local }) => `${local.host} ${local.port}`).values()]
}

function distinct(endpoints: readonly Endpoint[]): Endpoint[] {
  return [...new Map(endpoints.map(endpoint => [`${endpoint.host} ${endpoint.port}`, endpoint])).values()]
}

/** The distance that all successive ports have, round the end of the range as well, but for one that somebody else made. */
function regularStep(ports: readonly number[]): number | undefined {
  const steps = ports.slice(1).map((port, index) => (port - (ports[index] ?? 0) + PORTS) % PORTS)
  const counts = [...Map.groupBy(steps, step => step)].map(([step, all]) => ({ step, count: all.length }))
  const most = counts.sort((a, b) => b.count - a.count)[0]
  if (most === undefined || most.step === 0 || most.count < MIN_STEPS || most.count < steps.length - 1) return undefined
  return most.step > PORTS / 2 ? most.step - PORTS : most.step
}
