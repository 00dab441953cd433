import { isPrivateIp } from '@libp2p/utils'

/** Where a NAT shows a TCP connection to come from. */
export interface Endpoint {
  readonly host: string
  readonly port: number
}

/** Addresses of one peer that are dialled at once: an IPv4 and an IPv6 one, and predictions. */
const MAX_ENDPOINTS = 4
/** First octets of IPv4 multicast, reserved and broadcast addresses. */
const FIRST_RESERVED_OCTET = 224

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
  if (port === 0 || port > 65_535) return false
  // Only 2000::/3 is in use as IPv6 unicast on the Internet.
  if (host.includes(':')) return /^[23][0-9a-f]{3}:/i.test(host) && isPrivateIp(host) !== true
  return Number.parseInt(host, 10) < FIRST_RESERVED_OCTET && isPrivateIp(host) !== true
}
