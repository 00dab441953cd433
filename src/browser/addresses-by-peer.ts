import { peerOfAddress } from '../core/network/index.ts'

/** The addresses of each peer together; one that does not name its peer stands for itself. */
export function addressesByPeer(addresses: readonly string[]): string[][] {
  return [...Map.groupBy(addresses, address => peerOfAddress(address) ?? address).values()]
}
