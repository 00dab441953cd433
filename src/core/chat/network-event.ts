import type { NetworkEvent } from '../network/index.ts'
import type { PeerEvent } from './peer.ts'

/** What happens on the network as the contract tells it; undefined when it concerns nobody outside. */
export function peerEventOf(event: NetworkEvent): Exclude<PeerEvent, { event: 'room' }> | undefined {
  if (event.kind === 'warning') return { event: 'warning', code: event.code, text: event.text }
  if (event.kind !== 'peer') return undefined
  const { peer, path, rtt, address, why } = event.connection
  return { event: 'peer', peer, path, ...(rtt !== undefined && { rtt }), address, ...(why !== undefined && { why }) }
}
