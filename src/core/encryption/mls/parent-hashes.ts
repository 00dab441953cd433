import { encode } from 'ts-mls/codec/tlsEncoder.js'
import type { Hash, RatchetTree } from 'ts-mls'
import { encodeParentHashInput } from 'ts-mls/parentHash.js'
import { findFirstNonBlankAncestor } from 'ts-mls/ratchetTree.js'
import { leafNodeHashInputEncoder, parentNodeHashInputEncoder } from 'ts-mls/treeHash.js'
import { isLeaf, left, leafWidth, nodeToLeafIndex, right, root, toNodeIndex, type NodeIndex } from 'ts-mls/treemath.js'
import { equalBytes } from '../../bytes/index.ts'

/**
 * Whether each parent node of a tree is covered by exactly one chain of parent hashes (RFC 9420, section 7.9.2): what `verifyParentHashes`
 * of ts-mls tells, which for each leaf hashes half of the tree again. Here each hash is computed once.
 */
export async function hasValidParentHashes(tree: RatchetTree, hash: Hash): Promise<boolean> {
  const parents = tree.flatMap((node, index) => (node?.nodeType === 'parent' ? [index] : []))
  if (parents.length === 0) return true
  const parentHash = parentHashesOf(tree, hash)
  const covered = new Map<number, number>()
  const top = root(leafWidth(tree.length))
  for (const [index, node] of tree.entries()) {
    if (node === undefined || !isLeaf(toNodeIndex(index))) continue
    for (let at = toNodeIndex(index); at !== top;) {
      const expected = expectedHash(tree, at)
      if (expected === undefined) break
      const { above, value } = await parentHash(at)
      if (!equalBytes(expected, value)) break
      covered.set(above, (covered.get(above) ?? 0) + 1)
      at = above
    }
  }
  return parents.every(index => covered.get(index) === 1)
}

function expectedHash(tree: RatchetTree, index: NodeIndex): Uint8Array | undefined {
  const node = tree[index]
  if (node?.nodeType === 'parent') return node.parent.parentHash
  return node?.leaf.leafNodeSource === 'commit' ? node.leaf.parentHash : undefined
}

interface ParentHash {
  /** The nearest ancestor that is not blank, or the root. */
  readonly above: NodeIndex
  readonly value: Uint8Array
}

function parentHashesOf(tree: RatchetTree, hash: Hash): (index: NodeIndex) => Promise<ParentHash> {
  const known = new Map<NodeIndex, ParentHash>()
  const whole = new Map<NodeIndex, Uint8Array>()
  const mentions = mentionsOf(tree)

  async function compute(index: NodeIndex): Promise<ParentHash> {
    const above = findFirstNonBlankAncestor(tree, index)
    const node = tree[above]
    if (node === undefined) return { above, value: new Uint8Array() }
    if (node.nodeType === 'leaf') throw new Error('a leaf in the place of a parent')
    const { hpkePublicKey: encryptionKey, parentHash, unmergedLeaves } = node.parent
    const touched = new Set(unmergedLeaves.flatMap(leaf => mentions.get(leaf) ?? []))
    const sibling = index < above ? right(above) : left(above)
    const originalSiblingTreeHash = await hashWithout(new Set(unmergedLeaves), touched, sibling)
    const input = encodeParentHashInput({ encryptionKey, parentHash, originalSiblingTreeHash })
    return { above, value: await hash.digest(input) }
  }

  /** The hash of a subtree as if `gone` had never been added; of what they do not touch, the hash as it is, which is kept. */
  async function hashWithout(gone: ReadonlySet<number>, touched: ReadonlySet<number>, at: NodeIndex) {
    const isWhole = !touched.has(at)
    const kept = isWhole ? whole.get(at) : undefined
    if (kept !== undefined) return kept
    const value = await hash.digest(
      isLeaf(at) ? leafInput(tree, at, gone) : await parentInput(at, gone, index => hashWithout(gone, touched, index))
    )
    if (isWhole) whole.set(at, value)
    return value
  }

  async function parentInput(
    at: NodeIndex,
    gone: ReadonlySet<number>,
    hashOf: (index: NodeIndex) => Promise<Uint8Array>
  ): Promise<Uint8Array> {
    const node = tree[at]
    if (node?.nodeType === 'leaf') throw new Error('a leaf in the place of a parent')
    const parentNode = node && {
      ...node.parent,
      unmergedLeaves: node.parent.unmergedLeaves.filter(leaf => !gone.has(leaf))
    }
    const [leftHash, rightHash] = [await hashOf(left(at)), await hashOf(right(at))]
    return encode(parentNodeHashInputEncoder)({ nodeType: 'parent', parentNode, leftHash, rightHash })
  }

  return async index => {
    const found = known.get(index) ?? (await compute(index))
    known.set(index, found)
    return found
  }
}

function leafInput(tree: RatchetTree, at: NodeIndex, gone: ReadonlySet<number>): Uint8Array {
  const node = tree[at]
  if (node?.nodeType === 'parent') throw new Error('a parent in the place of a leaf')
  const leafIndex = nodeToLeafIndex(at)
  const leafNode = gone.has(leafIndex) ? undefined : node?.leaf
  return encode(leafNodeHashInputEncoder)({ nodeType: 'leaf', leafIndex, leafNode })
}

/** By leaf, the nodes whose hash changes when that leaf is taken out: itself, whoever lists it as unmerged, and all above these. */
function mentionsOf(tree: RatchetTree): ReadonlyMap<number, NodeIndex[]> {
  const mentions = new Map<number, NodeIndex[]>()
  const walk = (at: NodeIndex): Set<number> => {
    const node = tree[at]
    const below = isLeaf(at) ? new Set<number>([nodeToLeafIndex(at)]) : new Set([...walk(left(at)), ...walk(right(at))])
    if (node?.nodeType === 'parent') for (const leaf of node.parent.unmergedLeaves) below.add(leaf)
    for (const leaf of below) mentions.set(leaf, [...(mentions.get(leaf) ?? []), at])
    return below
  }
  walk(root(leafWidth(tree.length)))
  return mentions
}
