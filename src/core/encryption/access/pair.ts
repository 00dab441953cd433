import type { Access } from './access.ts'
import type { Placed } from './history.ts'

/** Of a room of two, from its beginning: its founder, and whom it was founded for. */
export function pairOf(stands: readonly Placed[]): Pick<Access, 'pair'> {
  for (const {
    operation: { author, action }
  } of stands) {
    if (action.kind === 'create') return action.other === undefined ? {} : { pair: [author, action.other] }
  }
  return {}
}
