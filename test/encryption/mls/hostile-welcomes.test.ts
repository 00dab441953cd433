import {
  emptyPskIndex,
  getCiphersuiteFromName,
  getCiphersuiteImpl,
  joinGroup,
  type ClientState,
  type RatchetTree
} from 'ts-mls'
import {
  directPath,
  isLeaf,
  leafToNodeIndex,
  leafWidth,
  left,
  nodeToLeafIndex,
  right,
  toLeafIndex,
  toNodeIndex,
  type NodeIndex
} from 'ts-mls/treemath.js'
import { expect, test } from 'vitest'
import { encodeUtf8, expectValue, sha256 } from '../../../src/core/bytes/index.ts'
import type { GroupDevice, GroupState, KeyPackage } from '../../../src/core/encryption/epochs/index.ts'
import { decodeShown, decodeWithTree, encodeWithTree } from '../../../src/core/encryption/mls/codec.ts'
import { mlsGroupKeys } from '../../../src/core/encryption/mls/index.ts'
import { SUITE } from '../../../src/core/encryption/mls/suite.ts'
import { deviceNamed } from '../group-keys-suite.ts'

const NOTE = new Uint8Array(32)
const MEMBERS = 12

const keys = await mlsGroupKeys()
const stockSuite = await getCiphersuiteImpl(getCiphersuiteFromName(SUITE))

type MlsState = GroupState & { readonly client: ClientState }
type Leaf = Extract<RatchetTree[number], { nodeType: 'leaf' }>['leaf']

interface Group {
  readonly inviter: GroupDevice
  readonly state: MlsState
}

/** Where some renewed their leaves, each by coming in anew, and the last, who invites, came in so. */
async function groupWhere(renewed: readonly number[]): Promise<Group> {
  const devices = await Promise.all(Array.from({ length: MEMBERS }, (_, index) => deviceNamed(`member ${index}`)))
  const [founder, ...others] = devices
  const last = others.pop()
  if (founder === undefined || last === undefined) throw new Error('nobody')
  const shown = async (device: GroupDevice): Promise<Uint8Array> => (await keys.createKeyPackage(device)).shown
  const alone = await keys.create(sha256(encodeUtf8('group')), founder)
  const add = await Promise.all(others.map(shown))
  let { state } = expectValue(await keys.commit(alone, founder, { add, remove: [], note: NOTE }))
  for (const device of renewed.map(index => devices[index] ?? founder))
    state = expectValue(await keys.joinByItself(await keys.groupInfo(state), device, NOTE)).state
  const added = expectValue(await keys.joinByItself(await keys.groupInfo(state), last, NOTE))
  return { inviter: last, state: added.state as MlsState }
}

interface Invited {
  readonly newcomer: GroupDevice
  readonly keyPackage: KeyPackage
  readonly welcome: Uint8Array
}

/**
 * A welcome by a member who takes `tree` for the group's, and renews its own leaf in it: signed and hashed as it is, so that only what is wrong
 * in the tree gives it away.
 */
async function invited({ inviter, state }: Group, tree: RatchetTree): Promise<Invited> {
  const newcomer = await deviceNamed('newcomer')
  const keyPackage = await keys.createKeyPackage(newcomer)
  const hostile: MlsState = { ...state, client: { ...state.client, ratchetTree: tree } }
  const renewal = expectValue(await keys.commit(hostile, inviter, { add: [], remove: [], note: NOTE }))
  const change = { add: [keyPackage.shown], remove: [], note: NOTE }
  const { welcome } = expectValue(await keys.commit(renewal.state, inviter, change))
  if (welcome === undefined) throw new Error('no welcome')
  return { newcomer, keyPackage, welcome }
}

async function joinsHere({ welcome, newcomer, keyPackage }: Invited): Promise<boolean> {
  return (await keys.join(welcome, newcomer, keyPackage)).ok
}

async function joinsByTsMls({ welcome, newcomer, keyPackage }: Invited): Promise<boolean> {
  const { message, tree } = expectValue(decodeWithTree(welcome))
  if (message.wireformat !== 'mls_welcome') throw new Error('not a welcome')
  const secret = {
    initPrivateKey: keyPackage.secret.slice(0, 32),
    hpkePrivateKey: keyPackage.secret.slice(32),
    signaturePrivateKey: newcomer.signingKey
  }
  const shown = expectValue(decodeShown(keyPackage.shown))
  return joinGroup(message.welcome, shown, secret, emptyPskIndex, stockSuite, tree).then(
    () => true,
    () => false
  )
}

const flipped = (bytes: Uint8Array): Uint8Array => bytes.with(0, (bytes[0] ?? 0) ^ 1)

/** The tree with one leaf changed, for each leaf but that of the inviter, which the commit makes anew. */
function withLeaf({ ratchetTree, privatePath }: ClientState, change: (leaf: Leaf) => Leaf | undefined): RatchetTree[] {
  return ratchetTree.flatMap((node, at) => {
    const changed = node?.nodeType === 'leaf' && at !== 2 * privatePath.leafIndex ? change(node.leaf) : undefined
    return changed === undefined ? [] : [ratchetTree.with(at, { nodeType: 'leaf', leaf: changed })]
  })
}

/** Nothing but its own signature covers a leaf in the first; in the other, most are below parents that others filled. */
const [fresh, used] = [await groupWhere([]), await groupWhere([1, 3, 5, 6, 9])]

test('an honest welcome is joined with, here and by ts-mls', async () => {
  for (const group of [fresh, used]) {
    const honest = await invited(group, group.state.client.ratchetTree)
    expect([await joinsHere(honest), await joinsByTsMls(honest)]).toEqual([true, true])
  }
})

const leaves: readonly [string, (leaf: Leaf) => Leaf | undefined][] = [
  ['a signature that is wrong', leaf => ({ ...leaf, signature: flipped(leaf.signature) })],
  ['a signature of no length', leaf => ({ ...leaf, signature: new Uint8Array() })],
  ['a key that its device did not sign', leaf => ({ ...leaf, hpkePublicKey: sha256(leaf.signature) })],
  [
    'a device that is not the one that signed',
    leaf => ({
      ...leaf,
      signaturePublicKey: flipped(leaf.signaturePublicKey),
      credential: { credentialType: 'basic', identity: flipped(leaf.signaturePublicKey) }
    })
  ],
  [
    'a parent hash that is wrong',
    leaf => (leaf.leafNodeSource === 'commit' ? { ...leaf, parentHash: flipped(leaf.parentHash) } : undefined)
  ]
]

test.each(leaves)('a leaf with %s, wherever it stands, is refused here as by ts-mls', async (_, change) => {
  for (const group of [fresh, used])
    for (const tree of withLeaf(group.state.client, change)) {
      const hostile = await invited(group, tree)
      expect([await joinsHere(hostile), await joinsByTsMls(hostile)]).toEqual([false, false])
    }
})

test('a parent with another key or parent hash, or a leaf listed as unmerged that is not, is refused', async () => {
  const { ratchetTree, privatePath } = used.state.client
  const own = directPath(leafToNodeIndex(toLeafIndex(privatePath.leafIndex)), leafWidth(ratchetTree.length))
  for (const [at, node] of ratchetTree.entries()) {
    // Those above the inviter it fills anew.
    if (node?.nodeType !== 'parent' || own.includes(toNodeIndex(at))) continue
    const { parent } = node
    for (const changed of [
      { ...parent, hpkePublicKey: flipped(parent.hpkePublicKey) },
      { ...parent, parentHash: sha256(parent.parentHash) },
      { ...parent, unmergedLeaves: [privatePath.leafIndex] },
      { ...parent, unmergedLeaves: leavesBelow(toNodeIndex(at)) }
    ]) {
      const hostile = await invited(used, ratchetTree.with(at, { nodeType: 'parent', parent: changed }))
      expect([at, await joinsHere(hostile), await joinsByTsMls(hostile)]).toEqual([at, false, false])
    }
  }
})

function leavesBelow(at: NodeIndex): number[] {
  return isLeaf(at) ? [nodeToLeafIndex(at)] : [...leavesBelow(left(at)), ...leavesBelow(right(at))]
}

test('nobody comes in by itself into a tree with a leaf that its device did not sign', async () => {
  const { inviter, state } = fresh
  const newcomer = await deviceNamed('newcomer')
  const forged = withLeaf(state.client, leaf => ({ ...leaf, signature: flipped(leaf.signature) }))
  const outcomes: boolean[] = []
  for (const ratchetTree of [state.client.ratchetTree, ...forged]) {
    const taken: MlsState = { ...state, client: { ...state.client, ratchetTree } }
    const renewal = expectValue(await keys.commit(taken, inviter, { add: [], remove: [], note: NOTE }))
    outcomes.push((await keys.joinByItself(await keys.groupInfo(renewal.state), newcomer, NOTE)).ok)
  }
  expect(outcomes).toEqual([true, ...Array.from({ length: MEMBERS - 1 }, () => false)])
})

test('a tree that is not the one of this epoch is refused, though all in it is in order', async () => {
  const honest = await invited(used, used.state.client.ratchetTree)
  const { message } = expectValue(decodeWithTree(honest.welcome))
  const other = expectValue(decodeWithTree((await invited(used, used.state.client.ratchetTree)).welcome))
  const hostile = { ...honest, welcome: encodeWithTree({ message, tree: other.tree }) }
  expect([await joinsHere(hostile), await joinsByTsMls(hostile)]).toEqual([false, false])
})
