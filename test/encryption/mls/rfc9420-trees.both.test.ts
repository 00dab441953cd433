import { validateRatchetTree } from 'ts-mls/clientState.js'
import { defaultClientConfig } from 'ts-mls/clientConfig.js'
import { applyUpdatePathSecret } from 'ts-mls/createCommit.js'
import { deriveSecret } from 'ts-mls/crypto/kdf.js'
import type { GroupContext } from 'ts-mls/groupContext.js'
import { verifyLeafNodeSignature } from 'ts-mls/leafNode.js'
import { verifyParentHashes } from 'ts-mls/parentHash.js'
import { getCommitSecret } from 'ts-mls/pathSecrets.js'
import { toPrivateKeyPath } from 'ts-mls/privateKeyPath.js'
import { decodeProposal } from 'ts-mls/proposal.js'
import {
  addLeafNode,
  decodeRatchetTree,
  encodeRatchetTree,
  getHpkePublicKey,
  removeLeafNode,
  resolution,
  updateLeafNode,
  type RatchetTree
} from 'ts-mls/ratchetTree.js'
import { treeHash, treeHashRoot } from 'ts-mls/treeHash.js'
import {
  directPath,
  left,
  leafToNodeIndex,
  leafWidth,
  nodeToLeafIndex,
  nodeWidth,
  parent,
  right,
  root,
  sibling,
  toLeafIndex,
  toNodeIndex,
  type NodeIndex
} from 'ts-mls/treemath.js'
import { applyUpdatePath, createUpdatePath, decodeUpdatePath, type UpdatePath } from 'ts-mls/updatePath.js'
import { expect, test } from 'vitest'
import { expectValue, toHex } from '../../../src/core/bytes/index.ts'
import { checkedTree } from '../../../src/core/encryption/mls/checked-tree.ts'
import { hasValidParentHashes } from '../../../src/core/encryption/mls/parent-hashes.ts'
import { loadVectors } from '../vectors/load.ts'
import { bytes, contextOf, decoded, openSuite } from './published.ts'

const suite = await openSuite()

type Indices = readonly (number | null)[]

test('tree-math: where the nodes of a tree are', async () => {
  interface TreeMath {
    readonly n_leaves: number
    readonly n_nodes: number
    readonly root: number
    readonly left: Indices
    readonly right: Indices
    readonly parent: Indices
    readonly sibling: Indices
  }
  for (const vector of await loadVectors<TreeMath>('mls-tree-math')) {
    const { n_leaves: leaves, n_nodes: nodes } = vector
    const all = (of: (at: NodeIndex) => NodeIndex): Indices =>
      Array.from({ length: nodes }, (_, at) => {
        try {
          return of(toNodeIndex(at))
        } catch {
          return null
        }
      })
    expect([nodeWidth(leaves), root(leaves)]).toEqual([nodes, vector.root])
    expect(all(left)).toEqual(vector.left)
    expect(all(right)).toEqual(vector.right)
    expect(all(at => parent(at, leaves))).toEqual(vector.parent)
    expect(all(at => sibling(at, leaves))).toEqual(vector.sibling)
  }
})

test('tree-operations: members added, renewed and removed', async () => {
  interface Operation {
    readonly tree_before: string
    readonly proposal: string
    readonly proposal_sender: number
    readonly tree_after: string
    readonly tree_hash_before: string
    readonly tree_hash_after: string
  }
  for (const vector of await loadVectors<Operation>('mls-tree-operations')) {
    const before = decoded(decodeRatchetTree, vector.tree_before)
    expect(toHex(await treeHashRoot(before, suite.hash))).toBe(vector.tree_hash_before)
    const after = applied(before, vector.proposal, vector.proposal_sender)
    expect(toHex(encodeRatchetTree(after))).toBe(vector.tree_after)
    expect(toHex(await treeHashRoot(after, suite.hash))).toBe(vector.tree_hash_after)
  }
})

function applied(tree: RatchetTree, hex: string, sender: number): RatchetTree {
  const proposal = decoded(decodeProposal, hex)
  if (proposal.proposalType === 'add') return addLeafNode(tree, proposal.add.keyPackage.leafNode)[0]
  if (proposal.proposalType === 'update') return updateLeafNode(tree, proposal.update.leafNode, toLeafIndex(sender))
  if (proposal.proposalType === 'remove') return removeLeafNode(tree, toLeafIndex(proposal.remove.removed))
  throw new Error(`no operation on a tree: ${proposal.proposalType}`)
}

interface Validation {
  readonly tree: string
  readonly group_id: string
  readonly tree_hashes: readonly string[]
  readonly resolutions: readonly (readonly number[])[]
}

test('tree-validation: hashes, resolutions and signatures of valid trees; parent hashes here as in ts-mls', async () => {
  for (const vector of await loadVectors<Validation>('mls-tree-validation')) {
    const tree = decoded(decodeRatchetTree, vector.tree)
    const nodes = tree.map((_, at) => toNodeIndex(at))
    const hashes = await Promise.all(nodes.map(at => treeHash(tree, at, suite.hash)))
    expect(hashes.map(toHex)).toEqual(vector.tree_hashes)
    expect(nodes.map(at => resolution(tree, at))).toEqual(vector.resolutions)
    expect(await verifyParentHashes(tree, suite.hash)).toBe(true)
    expect(await hasValidParentHashes(tree, suite.hash)).toBe(true)
    for (const [at, node] of tree.entries()) {
      if (node?.nodeType !== 'leaf') continue
      const leaf = nodeToLeafIndex(toNodeIndex(at))
      expect(await verifyLeafNodeSignature(node.leaf, bytes(vector.group_id), leaf, suite.signature)).toBe(true)
    }
  }
})

/** Why ts-mls refuses to join with a tree that has this hash, if it does. */
async function refusal(tree: RatchetTree, groupId: string, hash: Uint8Array): Promise<string | undefined> {
  const about = { group_id: groupId, tree_hash: toHex(hash), confirmed_transcript_hash: '' }
  const { lifetimeConfig, authService } = defaultClientConfig
  const error = await validateRatchetTree(tree, contextOf(about, 0), lifetimeConfig, authService, hash, suite)
  return error?.message
}

test('tree-validation: ts-mls refuses a valid tree, whose parents list other unmerged leaves than those above; not here', async () => {
  const refused: [number, string][] = []
  for (const [index, vector] of (await loadVectors<Validation>('mls-tree-validation')).entries()) {
    const tree = decoded(decodeRatchetTree, vector.tree)
    const hash = await treeHashRoot(tree, suite.hash)
    const reason = await refusal(tree, vector.group_id, hash)
    if (reason !== undefined) refused.push([index, reason])
    const checked = expectValue(await checkedTree(tree, suite))
    expect(await refusal(checked, vector.group_id, hash)).toBe(undefined)
  }
  expect(refused).toEqual([[12, 'non-blank intermediate node must list leaf node in its unmerged_leaves']])
})

test('all that ts-mls checks of a tree it still checks of one that was checked here', async () => {
  const [vector] = await loadVectors<Validation>('mls-tree-validation')
  if (vector === undefined) throw new Error('no such vector')
  const small = decoded(decodeRatchetTree, vector.tree)
  const [one, , other] = small
  if (one?.nodeType !== 'leaf' || other?.nodeType !== 'leaf') throw new Error('not two leaves')
  const flipped = (from: Uint8Array): Uint8Array => from.with(0, (from[0] ?? 0) ^ 1)
  const says = async (tree: RatchetTree, hash?: Uint8Array): Promise<string | undefined> => {
    const checked = await checkedTree(tree, suite)
    return checked.ok
      ? refusal(checked.value, vector.group_id, hash ?? (await treeHashRoot(tree, suite.hash)))
      : checked.error
  }
  const forged = { ...other, leaf: { ...other.leaf, signature: flipped(other.leaf.signature) } }
  const bare = [one, undefined, other]
  expect(await says(bare)).toBe(undefined)
  expect(await says(bare, flipped(await treeHashRoot(bare, suite.hash)))).toBe('Unable to verify tree hash')
  expect(await says([one, undefined, one])).toBe('hpke keys not unique')
  expect(await says([one, undefined, forged])).toBe('Could not verify leaf node signature')
  expect(await says([one, other, undefined], new Uint8Array())).toBe('Received Ratchet Tree is not structurally sound')
  const parentNode = small[1]
  if (parentNode?.nodeType !== 'parent') throw new Error('no parent')
  const unlike = {
    ...parentNode,
    parent: { ...parentNode.parent, hpkePublicKey: flipped(parentNode.parent.hpkePublicKey) }
  }
  expect(await says([one, unlike, other])).toBe('a tree with wrong parent hashes')
})

test('ts-mls takes a tree whose parents list a blank leaf as unmerged, which no member can seal to; not here', async () => {
  const [, , , , vector] = await loadVectors<Validation>('mls-tree-validation')
  if (vector === undefined) throw new Error('no such vector')
  const tree = decoded(decodeRatchetTree, vector.tree)
  const blank = tree.findIndex((node, at) => at % 2 === 0 && node === undefined) / 2
  const path = directPath(leafToNodeIndex(toLeafIndex(blank)), leafWidth(tree.length))
  const hostile = tree.map((node, at) =>
    node?.nodeType === 'parent' && path.includes(toNodeIndex(at))
      ? { ...node, parent: { ...node.parent, unmergedLeaves: [blank] } }
      : node
  )
  expect(await refusal(hostile, vector.group_id, await treeHashRoot(hostile, suite.hash))).toBe(undefined)
  expect(await hasValidParentHashes(hostile, suite.hash)).toBe(true)
  expect(await checkedTree(hostile, suite)).toEqual({ ok: false, error: 'a tree with wrong unmerged leaves' })
})

interface TreeKem {
  readonly group_id: string
  readonly epoch: number
  readonly confirmed_transcript_hash: string
  readonly ratchet_tree: string
  readonly leaves_private: readonly {
    readonly index: number
    readonly encryption_priv: string
    readonly signature_priv: string
    readonly path_secrets: readonly { readonly node: number; readonly path_secret: string }[]
  }[]
  readonly update_paths: readonly {
    readonly sender: number
    readonly update_path: string
    readonly path_secrets: readonly (string | null)[]
    readonly commit_secret: string
    readonly tree_hash_after: string
  }[]
}

/** The private keys of a member, which must be those of the nodes above it. */
async function privatePathOf(tree: RatchetTree, member: TreeKem['leaves_private'][number]) {
  const secrets = Object.fromEntries(member.path_secrets.map(each => [each.node, bytes(each.path_secret)]))
  const above = await toPrivateKeyPath(secrets, member.index, suite)
  for (const { node, path_secret } of member.path_secrets) {
    const { publicKey } = await suite.hpke.deriveKeyPair(await deriveSecret(bytes(path_secret), 'node', suite.kdf))
    const inTree = tree[node]
    expect(inTree && getHpkePublicKey(inTree)).toEqual(await suite.hpke.exportPublicKey(publicKey))
  }
  const own = { [leafToNodeIndex(toLeafIndex(member.index))]: bytes(member.encryption_priv) }
  return { ...above, privateKeys: { ...above.privateKeys, ...own } }
}

test('treekem: every member finds the secret in a path of another, as published and as made here', async () => {
  for (const vector of await loadVectors<TreeKem>('mls-treekem')) {
    const tree = decoded(decodeRatchetTree, vector.ratchet_tree)
    const context = contextOf({ ...vector, tree_hash: toHex(await treeHashRoot(tree, suite.hash)) }, vector.epoch)
    const members = await Promise.all(vector.leaves_private.map(member => privatePathOf(tree, member)))
    for (const { sender, update_path, path_secrets, commit_secret, tree_hash_after } of vector.update_paths) {
      const leaf = toLeafIndex(sender)
      const path = decoded(decodeUpdatePath, update_path)
      const after = await applyUpdatePath(tree, leaf, path, suite.hash)
      expect(toHex(await treeHashRoot(after, suite.hash))).toBe(tree_hash_after)
      expect(await verifyParentHashes(after, suite.hash)).toBe(true)
      expect(await hasValidParentHashes(after, suite.hash)).toBe(true)

      const signing = vector.leaves_private.find(each => each.index === sender)
      const made = await createUpdatePath(tree, leaf, context, bytes(signing?.signature_priv ?? ''), suite)
      const [ownTree, ownPath, secrets] = made
      const top = secrets.at(-1)
      const isSigned = verifyLeafNodeSignature(ownPath.leafNode, context.groupId, sender, suite.signature)
      expect(await isSigned).toBe(true)
      const ownSecret = top && toHex(await deriveSecret(top.secret, 'path', suite.kdf))
      const ownContext = { ...context, epoch: context.epoch + 1n, treeHash: await treeHashRoot(ownTree, suite.hash) }

      const found = async (member: (typeof members)[number], about: GroupContext, given: UpdatePath) => {
        const { nodeIndex, pathSecret } = await applyUpdatePathSecret(tree, member, leaf, about, given, [], suite)
        const commitSecret = await getCommitSecret(tree, nodeIndex, pathSecret, suite.kdf)
        return { pathSecret: toHex(pathSecret), commitSecret: toHex(commitSecret) }
      }
      const publishedContext = { ...context, treeHash: bytes(tree_hash_after) }
      for (const member of members.filter(each => each.leafIndex !== sender)) {
        const published = { pathSecret: path_secrets[member.leafIndex], commitSecret: commit_secret }
        expect(await found(member, publishedContext, path)).toEqual(published)
        expect((await found(member, ownContext, ownPath)).commitSecret).toBe(ownSecret)
      }
    }
  }
})
