import type { Millis } from '../../bytes/index.ts'
import type { Access } from '../access/index.ts'
import type { EpochGraph, EpochNode } from './epoch-graph.ts'
import type { EpochId } from './winner.ts'

/** Members who are in touch seal under an epoch that has ended for moments; their clocks are minutes off at most. */
const MARGIN: Millis = 3_600_000

/**
 * Epochs whose content keys open nothing that is kept here, if everything goes that is older than `before`, and what members said who were
 * apart then: those that ended that long ago, by when this device saw the next, and whose states are erased, as no part of the room is waited
 * for any more that may go on from them. An epoch that all go on from has not ended, whether or not it opens here.
 */
export function outlivedBy(before: Millis, graph: EpochGraph, access: Access): EpochId[] {
  const winner = graph.winner(access)
  const next = successorsTo(winner, graph)
  const isOutlived = (epoch: EpochId): boolean => {
    const node = graph.get(epoch)
    if (node === undefined || node.state !== undefined) return false
    let at: EpochNode | undefined = node
    while (at !== undefined && at !== winner && !next.has(at.epoch)) at = at.began && graph.get(at.began.parent)
    const successor = at && next.get(at.epoch)
    return successor !== undefined && Math.max(node.seenAt, successor.seenAt) + MARGIN < before
  }
  return graph.keyed().filter(isOutlived)
}

/** On the way from the first epoch to this one: what came behind each. */
function successorsTo(winner: EpochNode, graph: EpochGraph): Map<EpochId, EpochNode> {
  const next = new Map<EpochId, EpochNode>()
  for (let node: EpochNode | undefined = winner; node?.began !== undefined; node = graph.get(node.began.parent))
    next.set(node.began.parent, node)
  return next
}
