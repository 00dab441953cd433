import { decodeRatchetTree, type RatchetTree } from 'ts-mls/ratchetTree.js'
import { expect, test } from 'vitest'
import { hasValidUnmergedLeaves } from '../../../src/core/encryption/mls/unmerged-leaves.ts'
import { loadVectors } from '../vectors/load.ts'
import { decoded } from './published.ts'

const trees = (await loadVectors<{ readonly tree: string }>('mls-tree-validation')).map(vector =>
  decoded(decodeRatchetTree, vector.tree)
)

/** Eight leaves; of the parents, only that of the right half (11) lists an unmerged leaf, the last; the one below it (13) is blank. */
const [, , , , , , , , , , , , used = []] = trees

/** The tree with other unmerged leaves in the given parents. */
function listing(lists: Readonly<Record<number, number[]>>): RatchetTree {
  return used.map((node, at) => {
    const unmergedLeaves = lists[at]
    if (unmergedLeaves === undefined) return node
    if (node?.nodeType !== 'parent') throw new Error(`${at} is no parent`)
    return { ...node, parent: { ...node.parent, unmergedLeaves } }
  })
}

test('published trees have valid unmerged leaves, those of used groups, too', () => {
  expect(trees.map(hasValidUnmergedLeaves)).toEqual(trees.map(() => true))
  expect(listing({ 11: [7] })).toEqual(used)
})

test.for([
  ['one that is below', { 11: [7] }, true],
  ['two in increasing order', { 11: [6, 7] }, true],
  ['two in another order', { 11: [7, 6] }, false],
  ['one twice', { 11: [7, 7] }, false],
  ['one that the root lists, too', { 7: [7], 11: [7] }, true],
  ['one that only the root lists, though there is a parent in between', { 7: [7], 11: [] }, false],
  ['one that a parent in between does not list', { 9: [], 11: [4] }, false],
  ['one that all parents in between list', { 9: [4], 11: [4] }, true],
  ['one that is in the other half', { 11: [0] }, false],
  ['one beside those below', { 9: [7], 11: [7] }, false],
  ['one outside of the tree', { 11: [8] }, false],
  ['the greatest number', { 11: [2 ** 32 - 1] }, false]
] as const)('%s', ([, lists, isValid]) => {
  expect(hasValidUnmergedLeaves(listing(lists as unknown as Record<number, number[]>))).toBe(isValid)
})

test('a blank leaf is not unmerged', () => {
  expect(hasValidUnmergedLeaves(used.with(14, undefined))).toBe(false)
})
