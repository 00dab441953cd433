import type { Clock } from '../../bytes/index.ts'
import type { PeerId } from '../network.ts'
import type { Dialler } from './dialler.ts'
import type { Node } from './node.ts'

/** What every component works with. When the signal fires, it ends what it has under way. */
export interface Scope {
  readonly node: Node
  readonly clock: Clock
  readonly jitter: () => number
  readonly signal: AbortSignal
  readonly dialler: Dialler
  /** Peers that this one made itself, to look at it from outside: nobody to talk to. */
  readonly strangers?: Set<PeerId>
}
