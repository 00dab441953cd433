import type { Connection } from '@libp2p/interface'
import { loopbackAddressLast, publicAddressesFirst, reliableTransportsFirst } from '@libp2p/utils'
import type { Multiaddr } from '@multiformats/multiaddr'
import { compareAddresses } from './addresses.ts'
import type { Components } from './handshake.ts'
import type { Node } from './node.ts'

/**
 * Opens connections past libp2p's dial queue. That has one dial for a peer at a time, whoever asks, and takes one address after the other: what
 * the DHT tries in vain would hold up everybody else.
 */
export interface Dialler {
  canDial(address: Multiaddr): Promise<boolean>
  /** `signalled` is called once the other side has answered WebRTC's offer. */
  open(address: Multiaddr, signal: AbortSignal, signalled?: () => void): Promise<Connection>
  /** Whether the address probably leads nowhere from here. */
  isElsewhere(address: Multiaddr): boolean
}

export function createDialler(
  node: Node,
  { transportManager }: Components,
  isElsewhere: (address: Multiaddr) => boolean
): Dialler {
  // Only `/dnsaddr`, which stands for other addresses, has none: the queue looks those up.
  const hasTransport = (address: Multiaddr): boolean =>
    transportManager.dialTransportForMultiaddr(address) !== undefined
  return {
    canDial: async address => hasTransport(address) || node.isDialable(address),
    async open(address, signal, signalled) {
      if (!hasTransport(address)) return node.dial(address, { signal })
      const onProgress = ({ type }: { readonly type: string }): void => {
        if (type === 'webrtc:read-ice-candidates') signalled?.()
      }
      const connection = await transportManager.dial(address, { signal, onProgress })
      // As the queue does: somebody answered here, whatever the peer announces.
      const { remotePeer, remoteAddr } = connection
      await node.peerStore.merge(remotePeer, { multiaddrs: [remoteAddr] }).catch(() => undefined)
      return connection
    },
    isElsewhere
  }
}

/** Orders addresses by the path they lead over, then by how probable it is that somebody answers there. */
export function compareForDialling(a: Multiaddr, b: Multiaddr): -1 | 0 | 1 {
  return (
    (Math.sign(compareAddresses(a.toString(), b.toString())) as -1 | 0 | 1) ||
    loopbackAddressLast(a, b) ||
    publicAddressesFirst(a, b) ||
    reliableTransportsFirst(a, b)
  )
}
