import type { CiphersuiteImpl, RatchetTree } from 'ts-mls'
import { failure, success, type Result } from '../../bytes/index.ts'
import { hasValidParentHashes } from './parent-hashes.ts'
import { hasValidUnmergedLeaves } from './unmerged-leaves.ts'

/**
 * The tree for ts-mls to join with, two things checked that ts-mls 1.6.4 checks badly, and made so that it does not come to them. All else it checks
 * on this tree.
 *
 * - Parent hashes, which take it quadratic time (11.8 s at 500 members). It begins by gathering the parent nodes with `reduce`, which nothing else
 *   calls on a tree that is joined with: here that finds none.
 * - Unmerged leaves, which it wants to be the same in all parents above a leaf, though they seldom are in a group that is used. It goes through the
 *   nodes with `entries`, which nothing else calls, either: here no leaf is unmerged in these, and all else is as it is.
 */
export async function checkedTree(tree: RatchetTree, suite: CiphersuiteImpl): Promise<Result<RatchetTree>> {
  if (!hasValidUnmergedLeaves(tree)) return failure('a tree with wrong unmerged leaves')
  if (!(await hasValidParentHashes(tree, suite.hash))) return failure('a tree with wrong parent hashes')
  const merged: RatchetTree = tree.map(node =>
    node?.nodeType === 'parent' ? { ...node, parent: { ...node.parent, unmergedLeaves: [] } } : node
  )
  const checked = tree.slice()
  Object.defineProperty(checked, 'reduce', { value: () => [] })
  Object.defineProperty(checked, 'entries', { value: () => merged.entries() })
  return success(checked)
}
