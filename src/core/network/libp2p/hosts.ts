import { isPrivateIp } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'

/** The IP address at which a multiaddr begins, in its normal form; undefined for names and anything else. */
export function hostOfAddress(address: string): string | undefined {
  return /^\/ip[46]\/([^/]+)/.exec(normalised(address) ?? '')?.[1]
}

/** The protocol and port of a listener at an IP address. */
export function portOfAddress(address: string): { protocol: 'tcp' | 'udp'; port: number } | undefined {
  const [, protocol, port] = /^\/ip[46]\/[^/]+\/(tcp|udp)\/(\d+)/.exec(address) ?? []
  return protocol === undefined ? undefined : { protocol: protocol as 'tcp' | 'udp', port: Number(port) }
}

/** The address with another host and port. */
export function atEndpoint(address: string, host: string, port: number): string {
  const family = host.includes(':') ? 'ip6' : 'ip4'
  return address.replace(/^\/ip[46]\/[^/]+\/(tcp|udp)\/\d+/, `/${family}/${host}/$1/${port}`)
}

/** Whether packets to this IP address find their way through the internet. */
export function isPublicHost(host: string): boolean {
  return isPrivateIp(host) === false && !/^(?:22[4-9]|23\d)\.|^ff|^fe80|^::1?$/i.test(host)
}

function normalised(address: string): string | undefined {
  try {
    return multiaddr(address).toString()
  } catch {
    return undefined
  }
}
