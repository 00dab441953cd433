import type { Connection, PeerId as Libp2pPeerId } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import type { PeerId } from '../network.ts'
import type { Node } from './node.ts'

/** libp2p's form of a PeerId; undefined for text that is none, which an invite may hold. */
export function toLibp2pPeer(peer: PeerId): Libp2pPeerId | undefined {
  try {
    return peerIdFromString(peer)
  } catch {
    return undefined
  }
}

export function fromLibp2pPeer(peer: Libp2pPeerId): PeerId {
  return peer.toString() as PeerId
}

export function connectionsTo(node: Node, peer: PeerId): Connection[] {
  const id = toLibp2pPeer(peer)
  return id === undefined ? [] : node.getConnections(id).filter(connection => connection.status === 'open')
}
