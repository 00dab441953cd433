import type { Connection } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Clock } from '../../bytes/index.ts'
import type { PeerId } from '../network.ts'
import type { Node } from './node.ts'

/** What every component works with. When the signal fires, it ends what it has under way. */
export interface Scope {
  readonly node: Node
  readonly clock: Clock
  readonly jitter: () => number
  readonly signal: AbortSignal
  /** Dials past libp2p's queue, which has one dial for a peer at a time, whoever asks, and takes one address after the other. */
  readonly dialPastQueue: (address: Multiaddr, signal: AbortSignal) => Promise<Connection>
  /** Peers that this one made itself, to look at it from outside: nobody to talk to. */
  readonly strangers?: Set<PeerId>
}
