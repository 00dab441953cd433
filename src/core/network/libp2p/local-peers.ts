import type { PeerInfo } from '@libp2p/interface'
import type { PeerDiscoveryFactory } from './options.ts'

/**
 * Passes on whom a finder of local peers finds. libp2p mixes them with every peer that the DHT mentions, which are too
 * many to be dialled.
 */
export function reportingPeers(factory: PeerDiscoveryFactory, found: (peer: PeerInfo) => void): PeerDiscoveryFactory {
  return components => {
    const discovery = factory(components)
    discovery.addEventListener('peer', ({ detail }) => found(detail))
    return discovery
  }
}
