import { addressesByPeer } from './addresses-by-peer.ts'

/**
 * STUN servers of connected relays, at the host of the other IP family, too, where the page names one for that relay. A browser hides its own
 * addresses, and tells others only those at which STUN servers see it: by IPv4 alone nobody who has IPv6 alone would find it.
 */
export function stunInBothFamilies(offered: readonly RTCIceServer[], addresses: readonly string[]): RTCIceServer[] {
  const relays = addressesByPeer(addresses).map(ofOne => ofOne.flatMap(address => hostOf(address) ?? []))
  return offered.flatMap(server => {
    const [, host = '', port] = /^stun:(.+):(\d+)$/.exec(String(server.urls)) ?? []
    const hosts = relays.find(each => each.includes(host)) ?? []
    const other = hosts.find(each => each.startsWith('[') !== host.startsWith('['))
    return other === undefined ? [server] : [server, { urls: `stun:${other}:${port}` }]
  })
}

/** As it stands in a `stun:` address. */
function hostOf(address: string): string | undefined {
  const [, family, host] = /^\/(ip[46])\/([^/]+)/.exec(address) ?? []
  return family === 'ip6' ? `[${host}]` : host
}
