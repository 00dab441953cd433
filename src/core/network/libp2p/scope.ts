import type { Clock } from '../../bytes/index.ts'
import type { Node } from './node.ts'

/** What every component works with. When the signal fires, it ends what it has under way. */
export interface Scope {
  readonly node: Node
  readonly clock: Clock
  readonly jitter: () => number
  readonly signal: AbortSignal
}
