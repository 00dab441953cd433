import { isPublicHost } from '../hosts.ts'

/** Where a NAT shows a TCP connection to come from. */
export interface Endpoint {
  readonly host: string
  readonly port: number
}

/** Addresses of one peer that are dialled at once: an IPv4 and an IPv6 one, and predictions. */
const MAX_ENDPOINTS = 4

/** The endpoint of a plain TCP address, with `/p2p/` or without; undefined for any other. */
export function endpointOf(address: string): Endpoint | undefined {
  const found = /^\/(ip4|ip6)\/([^/]+)\/tcp\/(\d{1,5})(?:\/p2p\/[^/]+)?$/.exec(address)
  const [, , host, port] = found ?? []
  return host === undefined || port === undefined ? undefined : { host, port: Number(port) }
}

export function addressOf({ host, port }: Endpoint): string {
  return `/${host.includes(':') ? 'ip6' : 'ip4'}/${host}/tcp/${port}`
}

/**
 * Those of the addresses that another peer names that are worth a dial, and that may have one: whoever names a third party's gets a
 * few SYNs to one host sent there, and nothing to this device or its network.
 */
export function punchable(addresses: readonly string[]): Endpoint[] {
  const endpoints = addresses.flatMap(address => endpointOf(address) ?? []).filter(isPublic)
  const hosts = new Map<boolean, string>()
  for (const { host } of endpoints) if (!hosts.has(host.includes(':'))) hosts.set(host.includes(':'), host)
  const unique = new Map(endpoints.map(endpoint => [addressOf(endpoint), endpoint]))
  return [...unique.values()].filter(({ host }) => hosts.get(host.includes(':')) === host).slice(0, MAX_ENDPOINTS)
}

export function isPublic({ host, port }: Endpoint): boolean {
  return port > 0 && port <= 65_535 && isPublicHost(host)
}
