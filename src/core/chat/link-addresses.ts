import { MAX_LINK_ADDRESSES } from './invite-link.ts'

const LOOPBACK = /^\/ip4\/127\.|^\/ip6\/::1\//
const LINK_LOCAL = /^\/ip6\/fe80:/

/**
 * The addresses of this peer that a link carries: one for each way that a newcomer may be able to come, those first that
 * a browser can dial. Loopback addresses only when there are no others: nobody else could use them.
 */
export function linkAddresses(own: readonly string[]): string[] {
  const usable = own.filter(address => !LINK_LOCAL.test(address))
  const reachable = usable.filter(address => !LOOPBACK.test(address))
  const candidates = reachable.length > 0 ? reachable : usable
  const firstOfEach = WAYS.flatMap(way => candidates.find(way) ?? [])
  return [...new Set([...firstOfEach, ...candidates])].slice(0, MAX_LINK_ADDRESSES)
}

const isRelayed = (address: string): boolean => address.includes('/p2p-circuit')

const WAYS: readonly ((address: string) => boolean)[] = [
  address => address.includes('/webrtc-direct') && !isRelayed(address),
  address => /\/wss?(?:\/|$)/.test(address) && !isRelayed(address),
  address => address.includes('/p2p-circuit/webrtc/'),
  address => !/\/wss?(?:\/|$)|\/webrtc/.test(address),
  isRelayed
]
