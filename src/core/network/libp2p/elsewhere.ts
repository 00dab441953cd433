import { isLoopback, isPrivate } from '@libp2p/utils'
import type { Multiaddr } from '@multiformats/multiaddr'
import { isRelayed } from './addresses.ts'
import { hostOfAddress } from './hosts.ts'

/**
 * Whether this is an address of another private network, as far as the first three numbers of IPv4 or the first half of IPv6 tell: from
 * here it leads to nobody, or to somebody else, and each try takes its time to fail.
 */
export function isElsewhere(address: Multiaddr, own: readonly Multiaddr[]): boolean {
  if (!isPrivate(address)) return false
  // Who is on this very machine has an address of its network, too, unless that is all that there is.
  if (isLoopback(address)) return own.some(isOfNetwork)
  const network = networkOf(address)
  return own.every(each => networkOf(each) !== network)
}

function isOfNetwork(address: Multiaddr): boolean {
  const text = address.toString()
  return !isRelayed(text) && hostOfAddress(text) !== undefined && !isLoopback(address)
}

function networkOf(address: Multiaddr): string | undefined {
  return /^\/ip4\/(\d+\.\d+\.\d+)\.|^\/ip6\/((?:[^:/]*:){1,4})/.exec(address.toString())?.[0]
}
