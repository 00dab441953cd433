import type { RatchetTree } from 'ts-mls'
import { directPath, leafToNodeIndex, leafWidth, toLeafIndex, toNodeIndex } from 'ts-mls/treemath.js'

/**
 * Whether the unmerged leaves of each parent node are in increasing order (RFC 9420, section 7.1), each of them a leaf below that
 * node which is not blank, and listed by every parent in between, too (section 12.4.3.1). Those above it need not list it.
 */
export function hasValidUnmergedLeaves(tree: RatchetTree): boolean {
  const listed = tree.map(node => (node?.nodeType === 'parent' ? new Set(node.parent.unmergedLeaves) : undefined))
  return tree.every((node, index) => {
    if (node?.nodeType !== 'parent') return true
    const { unmergedLeaves } = node.parent
    return unmergedLeaves.every((leaf, position) => {
      if (leaf <= (unmergedLeaves[position - 1] ?? -1)) return false
      if (tree[2 * leaf]?.nodeType !== 'leaf') return false
      const path = directPath(leafToNodeIndex(toLeafIndex(leaf)), leafWidth(tree.length))
      const above = path.indexOf(toNodeIndex(index))
      return above !== -1 && path.slice(0, above).every(at => listed[at]?.has(leaf) ?? tree[at] === undefined)
    })
  })
}
