import type { Network, PeerId } from '../network/index.ts'
import type { PeerReport } from './peer.ts'

/** The connected peers as `status` shows them; `nicksAt` says who is known to be there. */
export function reportPeers(network: Network, nicksAt: (peer: PeerId) => readonly string[]): PeerReport[] {
  return network.peers().map(({ peer, path, rtt, address }) => {
    const nicks = nicksAt(peer)
    return { peer, path, rtt, address, ...network.figures?.of(peer), ...(nicks.length > 0 && { nicks }) }
  })
}
