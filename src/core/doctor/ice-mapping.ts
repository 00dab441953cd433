import type { Endpoint, MappingBehaviour } from '../network/index.ts'
import type { UdpFinding } from './compose-report.ts'
import type { IceCandidate } from './ice-candidates.ts'

/**
 * What a NAT does with UDP, as ICE shows it where there are no sockets. A socket that asks one STUN server gets one
 * server-reflexive candidate for it; where it asks several, those with the same mapping are one candidate (RFC 8445,
 * 5.1.3), so that more of them are more mappings.
 */
export interface IceSample {
  /** The candidates with each server alone. */
  readonly alone: readonly { readonly server: Endpoint; readonly candidates: readonly IceCandidate[] }[]
  /** With all of them. */
  readonly together: readonly IceCandidate[]
}

/** `seen` are hosts where others see this peer; a browser leaves out a reflexive candidate that is the host's own. */
export function mappingByIce({ alone, together }: IceSample, seen: readonly string[]): UdpFinding {
  const servers = alone.map(({ server, candidates }) => ({ server, answered: reflexive(candidates).length > 0 }))
  const hosts = together.filter(({ kind, protocol }) => kind === 'host' && protocol === 'udp')
  const untranslated = hosts.filter(({ host }) => seen.includes(host)).map(endpointOf)
  const outside = reflexive(together)
  if (outside.length === 0 && untranslated.length > 0) {
    const mapping = { mapping: 'endpoint-independent', seen: untranslated, preservesPorts: true } as const
    return { mapping, filtering: 'unknown', servers: [] }
  }
  const preservesPorts =
    hosts.length === 0 || outside.length === 0
      ? undefined
      : outside.every(({ port }) => hosts.some(each => each.port === port))
  const about = { seen: outside.map(endpointOf), preservesPorts }
  return { mapping: { ...about, ...told(alone, together) }, filtering: 'unknown', servers }
}

function told(
  alone: IceSample['alone'],
  together: readonly IceCandidate[]
): Pick<MappingBehaviour, 'mapping' | 'doubt'> {
  if (alone.length === 0) return { mapping: 'unknown', doubt: 'no-server' }
  const answers = alone.map(({ candidates }) => reflexive(candidates)).filter(({ length }) => length > 0)
  if (answers.length === 0) return { mapping: 'unknown', doubt: 'no-answer' }
  const inOneFamily = [false, true].map(isIp6 => answers.filter(each => ofFamily(each, isIp6).length > 0).length)
  if (Math.max(...inOneFamily) === 1) return { mapping: 'unknown', doubt: 'one-server' }
  if (!agreeOnHosts(answers)) return { mapping: 'unknown', doubt: 'servers-disagree' }
  const all = reflexive(together)
  const most = (isIp6: boolean): number => Math.max(...answers.map(each => ofFamily(each, isIp6).length))
  const isSymmetric = [false, true].some(isIp6 => ofFamily(all, isIp6).length > most(isIp6))
  return { mapping: isSymmetric ? 'address-dependent' : 'endpoint-independent' }
}

function agreeOnHosts(answers: readonly (readonly IceCandidate[])[]): boolean {
  return [false, true].every(isIp6 => {
    const told = answers.map(each => ofFamily(each, isIp6)).filter(({ length }) => length > 0)
    return new Set(told.map(each => [...new Set(each.map(({ host }) => host))].sort().join(' '))).size <= 1
  })
}

function reflexive(candidates: readonly IceCandidate[]): IceCandidate[] {
  return candidates.filter(({ kind, protocol }) => kind === 'srflx' && protocol === 'udp')
}

function ofFamily(candidates: readonly IceCandidate[], isIp6: boolean): IceCandidate[] {
  return candidates.filter(({ host }) => host.includes(':') === isIp6)
}

function endpointOf({ host, port }: IceCandidate): Endpoint {
  return { host, port }
}

/** `stun:` addresses as hosts with ports, each machine once: two names of one would make every NAT look alike. */
export function stunServers(uris: readonly string[]): Endpoint[] {
  const found = uris.flatMap(uri => stunServerOf(uri) ?? [])
  const chosen: Endpoint[] = []
  for (const server of found) if (chosen.every(each => isAnother(each, server))) chosen.push(server)
  return chosen
}

/** A name and a number with the same port may be one server: where names cannot be looked up, it counts as one. */
function isAnother(one: Endpoint, other: Endpoint): boolean {
  if (one.host === other.host) return false
  return isNumber(one.host) === isNumber(other.host) || one.port !== other.port
}

function isNumber(host: string): boolean {
  return host.includes(':') || /^\d+(?:\.\d+){3}$/.test(host)
}

const DEFAULT_PORT = 3478

function stunServerOf(uri: string): Endpoint | undefined {
  const [, bracketed, plain, port] = /^stun:(?:\[([^\]]+)\]|([^:?]+))(?::(\d+))?$/i.exec(uri) ?? []
  const host = bracketed ?? plain
  return host === undefined ? undefined : { host, port: Number(port ?? DEFAULT_PORT) }
}
