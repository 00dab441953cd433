import { getCiphersuiteFromName, getCiphersuiteImpl, type ClientState, type RatchetTree } from 'ts-mls'
import { verifyParentHashes } from 'ts-mls/parentHash.js'
import { expect, test } from 'vitest'
import { encodeUtf8, expectValue, sha256 } from '../../../src/core/bytes/index.ts'
import type { GroupState } from '../../../src/core/encryption/epochs/index.ts'
import { mlsGroupKeys } from '../../../src/core/encryption/mls/index.ts'
import { hasValidParentHashes } from '../../../src/core/encryption/mls/parent-hashes.ts'
import { deviceNamed } from '../group-keys-suite.ts'
import { seededNumbers } from '../../support/seeded-random.ts'

const SUITE = 'MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519'
const NOTE = new Uint8Array(32)

/** Trees of one group as it is used: additions, renewed leaves, removals. */
async function usedTrees(seed: number, steps: number): Promise<RatchetTree[]> {
  const next = seededNumbers(seed)
  const below = (limit: number): number => Math.floor(next() * limit)
  const keys = await mlsGroupKeys()
  const founder = await deviceNamed(`founder ${seed}`)
  const states = new Map([[founder.id, await keys.create(sha256(encodeUtf8(`group ${seed}`)), founder)]])
  const devices = new Map([[founder.id, founder]])
  const trees: RatchetTree[] = []
  for (let step = 0; step < steps; step += 1) {
    const [id, state] = [...states][below(states.size)] ?? []
    const committer = id && devices.get(id)
    if (committer === undefined || state === undefined) throw new Error('nobody is left')
    const others = [...states.keys()].filter(each => each !== id)
    const remove = others.length > 3 && next() < 0.25 ? [others[below(others.length)] ?? founder.id] : []
    const newcomer = next() < 0.55 ? await deviceNamed(`device ${seed} ${step}`) : undefined
    const keyPackage = newcomer && (await keys.createKeyPackage(newcomer))
    const change = { add: keyPackage === undefined ? [] : [keyPackage.shown], remove, note: NOTE }
    const committed = expectValue(await keys.commit(state, committer, change))
    for (const gone of remove) states.delete(gone)
    for (const other of others) {
      const before = states.get(other)
      if (before !== undefined) states.set(other, expectValue(await keys.process(before, committed.commit)).state)
    }
    states.set(committer.id, committed.state)
    if (newcomer !== undefined && keyPackage !== undefined && committed.welcome !== undefined) {
      devices.set(newcomer.id, newcomer)
      states.set(newcomer.id, expectValue(await keys.join(committed.welcome, newcomer, keyPackage)))
    }
    trees.push(treeOf(committed.state))
  }
  return trees
}

function treeOf(state: GroupState): RatchetTree {
  return (state as GroupState & { readonly client: ClientState }).client.ratchetTree
}

/** The tree with one thing changed that a hostile welcome could change; undefined where there is nothing of the kind. */
function tampered(tree: RatchetTree, next: () => number): RatchetTree | undefined {
  const changed = structuredClone(tree)
  const below = (limit: number): number => Math.floor(next() * limit)
  const at = below(changed.length)
  const node = changed[at]
  if (node === undefined) return undefined
  const flip = (bytes: Uint8Array): void => {
    if (bytes.length > 0) bytes[below(bytes.length)] = below(256)
  }
  const kind = below(6)
  if (kind === 0) changed[at] = undefined
  else if (kind === 1) changed[at] = structuredClone(changed[(at + 2 * below(4)) % changed.length])
  else if (node.nodeType === 'parent') {
    if (kind === 2) flip(node.parent.parentHash)
    else if (kind === 3) flip(node.parent.hpkePublicKey)
    else if (kind === 4) node.parent.unmergedLeaves.push(below((changed.length + 1) / 2))
    else node.parent.unmergedLeaves.pop()
  } else if (kind === 2 && node.leaf.leafNodeSource === 'commit') flip(node.leaf.parentHash)
  else if (kind === 3) flip(node.leaf.hpkePublicKey)
  else flip(node.leaf.signaturePublicKey)
  return changed
}

/** What a check says of a tree that may be nonsense: a check that throws refuses, too. */
async function says(check: () => Promise<boolean>): Promise<boolean> {
  return check().catch(() => false)
}

test('of used trees and of what is made of them by tampering, the same are refused as by ts-mls itself', async () => {
  const { hash } = await getCiphersuiteImpl(getCiphersuiteFromName(SUITE))
  const counts = { valid: 0, refused: 0 }
  for (let seed = 1; seed <= 6; seed += 1) {
    const next = seededNumbers(100 + seed)
    for (const [step, tree] of (await usedTrees(seed, 24)).entries()) {
      expect([seed, step, await hasValidParentHashes(tree, hash)]).toEqual([
        seed,
        step,
        await verifyParentHashes(tree, hash)
      ])
      for (let round = 0; round < 20; round += 1) {
        const hostile = tampered(tree, next)
        if (hostile === undefined) continue
        const stock = await says(() => verifyParentHashes(hostile, hash))
        const ours = await says(() => hasValidParentHashes(hostile, hash))
        expect({ seed, step, round, valid: ours }).toEqual({ seed, step, round, valid: stock })
        counts[stock ? 'valid' : 'refused'] += 1
      }
    }
  }
  // Some things, such as a leaf's signature key, are covered by other checks.
  expect(counts.valid).toBeGreaterThan(100)
  expect(counts.refused).toBeGreaterThan(500)
}, 120_000)

test('a newcomer is not let in by a welcome whose tree was tampered with', async () => {
  const keys = await mlsGroupKeys()
  const [anna, bert, cy] = [await deviceNamed('a'), await deviceNamed('b'), await deviceNamed('c')]
  const alone = await keys.create(sha256(encodeUtf8('group')), anna)
  const [forBert, forCy] = [await keys.createKeyPackage(bert), await keys.createKeyPackage(cy)]
  const first = expectValue(await keys.commit(alone, anna, { add: [forBert.shown], remove: [], note: NOTE }))
  const renewed = expectValue(await keys.commit(first.state, anna, { add: [], remove: [], note: NOTE }))
  const { welcome } = expectValue(
    await keys.commit(renewed.state, anna, { add: [forCy.shown], remove: [], note: NOTE })
  )
  if (welcome === undefined) throw new Error('no welcome')
  expect((await keys.join(welcome, cy, forCy)).ok).toBe(true)
  const next = seededNumbers(8)
  for (let round = 0; round < 150; round += 1) {
    const at = Math.floor(next() * welcome.length)
    const hostile = welcome.with(at, ((welcome[at] ?? 0) + 1 + Math.floor(next() * 255)) % 256)
    expect([at, (await keys.join(hostile, cy, forCy)).ok]).toEqual([at, false])
  }
}, 120_000)
