import { multiaddr } from '@multiformats/multiaddr'

/** Addresses of one relay that are taken; it may name any number. */
const MAX_RELAY_ADDRESSES = 16
const HOSTED = /^\/(?:ip4|ip6|dns|dns4|dns6|dnsaddr)\//

/** Whether the address begins with a host: `/webrtc` alone, which a listener without a relay has, leads nowhere. */
export function isHosted(address: string): boolean {
  return HOSTED.test(address)
}

/** Those of a relay's addresses, in bytes, that libp2p can build on: it throws at any other, and nobody catches it. */
export function hostedAddresses(addresses: readonly Uint8Array[]): Uint8Array[] {
  return addresses.filter(bytes => isHosted(parsed(bytes))).slice(0, MAX_RELAY_ADDRESSES)
}

function parsed(bytes: Uint8Array): string {
  try {
    return multiaddr(bytes).toString()
  } catch {
    return ''
  }
}
