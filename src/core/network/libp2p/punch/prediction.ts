import type { Endpoint } from './endpoint.ts'

/** Ports ahead that are named: the next connection takes the first, unless somebody behind the same NAT was quicker. */
const PREDICTED = 3
const PORTS = 65_536
/** So many in a row tell a regular step. */
const PROBES = 3
/** What ICE sends in the same seconds moves the ports of a NAT, too: the step shows when that is over. */
const MAX_PROBES = 9

export type Mapping =
  /** One port whoever is asked, or one answer so far. RFC 4787, 4.1: endpoint-independent mapping. */
  | { readonly kind: 'same'; readonly endpoint: Endpoint }
  /** Another port for each destination. */
  | { readonly kind: 'changing' }

/** What relays saw of connections that left from one local port. */
export function mappingOf(seen: readonly Endpoint[]): Mapping | undefined {
  const [first, ...others] = seen
  if (first === undefined) return undefined
  const isSame = others.every(({ host, port }) => host === first.host && port === first.port)
  return isSame ? { kind: 'same', endpoint: first } : { kind: 'changing' }
}

/** Predicts from probes made one after the other, until the last of them follow a regular step; nothing when one fails. */
export async function predictNext(probe: () => Promise<Endpoint | undefined>): Promise<Endpoint[]> {
  const seen: Endpoint[] = []
  while (seen.length < MAX_PROBES) {
    const endpoint = await probe()
    if (endpoint === undefined) return []
    seen.push(endpoint)
    const next = predict(seen.slice(-PROBES))
    if (next.length > 0) return next
  }
  return []
}

/**
 * Where the next connections will come from, by what relays saw of three or more made one after the other; none when the
 * ports follow no regular step.
 */
export function predict(seen: readonly Endpoint[]): Endpoint[] {
  const last = seen.at(-1)
  if (last === undefined || seen.length < PROBES || seen.some(({ host }) => host !== last.host)) return []
  const steps = seen.slice(1).map(({ port }, index) => (port - (seen[index]?.port ?? 0) + PORTS) % PORTS)
  const [step = 0] = steps
  if (step === 0 || steps.some(each => each !== step)) return []
  return Array.from({ length: PREDICTED }, (_, index) => ({
    host: last.host,
    port: (last.port + step * (index + 1)) % PORTS
  })).filter(({ port }) => port > 0)
}
