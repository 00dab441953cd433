import { expect, test } from 'vitest'
import { encodeUtf8, openOnce, toHex } from '../../../src/core/bytes/index.ts'
import {
  EPOCH_RECORDS,
  EPOCH_SECRETS,
  KEY_PACKAGE_SECRET,
  type EpochId,
  type GroupKeys,
  type StoredGraph
} from '../../../src/core/encryption/epochs/index.ts'
import { mlsGroupKeys } from '../../../src/core/encryption/mls/index.ts'
import { NOON } from '../../support/cast.ts'
import { seededNumbers, seededRandom } from '../../support/seeded-random.ts'
import { Replica, type World } from './model.ts'

const DAY = 24 * 3_600_000

/** A room of three, by MLS. */
async function loft() {
  const world = { keys: await mlsGroupKeys(), random: seededRandom(7), next: seededNumbers(7), rules: {}, now: NOON }
  const anna = await Replica.found(world, 'anna')
  const [bob, cy] = [await anna.admit('bob', 'admin'), await anna.admit('cy', 'member')]
  if (bob === undefined || cy === undefined) throw new Error('not admitted')
  await anna.carryOut()
  const all = [anna, bob, cy]
  await meet(all)
  return { world, anna, bob, cy, all }
}

async function meet(all: readonly Replica[]): Promise<void> {
  for (const to of all) for (const from of all) if (from !== to) await to.receive(from.log, () => true)
}

function told(keys: GroupKeys, { nodes, contentKeys, ...rest }: StoredGraph) {
  const shown = nodes.map(node => ({ ...node, state: node.state && toHex(keys.encode(node.state)) }))
  return { ...rest, nodes: new Set(shown), contentKeys: new Map(contentKeys) }
}

async function expectSameAfterRestart({ keys }: World, each: Replica): Promise<void> {
  const before = told(keys, each.epochs)
  await each.restart()
  expect(told(keys, each.epochs)).toEqual(before)
}

/** The sealed state, if one of the keys that the device still has opens it. */
function openedWithAny(each: Replica, epoch: EpochId, sealed: Uint8Array): Uint8Array | undefined {
  const places = [...each.records.values()].flatMap(value =>
    Array.from({ length: Math.max(0, value.length - 31) }, (_, at) => value.subarray(at, at + 32))
  )
  for (const key of places) {
    const opened = openOnce(key, sealed, encodeUtf8(epoch))
    if (opened !== undefined) return opened
  }
  return undefined
}

test('after each change a device begins again with the graph that it had', async () => {
  const { world, anna, bob, cy, all } = await loft()
  const again = async (): Promise<void> => {
    for (const each of all) await expectSameAfterRestart(world, each)
  }
  await again()
  // Two branches, one of which removes somebody.
  anna.say({ kind: 'remove', member: cy.member, last: new Map() })
  await anna.carryOut()
  await again()
  await bob.commit()
  await again()
  await meet(all)
  await again()
  expect(anna.winner().epoch).toBe(bob.winner().epoch)
  for (const each of all) {
    world.now += 8 * DAY
    for (let turn = 0; turn < 3; turn += 1) await each.commit()
    await meet(all)
    for (const one of all) one.prune()
    await again()
  }
  expect(anna.epochs.nodes.filter(({ state }) => state === undefined)).not.toHaveLength(0)
  expect(anna.isIn() && bob.isIn()).toBe(true)
  await anna.talk()
  await meet(all)
  expect([...anna.log.words.values()].map(each => bob.canRead(each))).toEqual([true])
})

test('a change is written as what has changed, and a state once', async () => {
  const { anna, bob, all } = await loft()
  anna.store()
  const before = new Map(anna.records)
  await bob.commit()
  await meet(all)
  anna.store()
  const fresh = [...anna.records].filter(([name, value]) => before.get(name) !== value).map(([name]) => name)
  const { epoch } = bob.winner()
  expect(fresh.toSorted()).toEqual(
    [
      `${EPOCH_RECORDS}node/${epoch}`,
      `${EPOCH_RECORDS}state/${epoch}`,
      `${EPOCH_SECRETS}content/${epoch}`,
      `${EPOCH_SECRETS}state/${epoch}`
    ].toSorted()
  )
})

test('no record that is left opens a state that was pruned, not even with what the log holds', async () => {
  const { world, cy, bob, all } = await loft()
  cy.store()
  cy.records.set(KEY_PACKAGE_SECRET, world.random(64))
  const { epoch, state } = cy.winner()
  const sealed = cy.records.get(`${EPOCH_RECORDS}state/${epoch}`)
  if (state === undefined || sealed === undefined) throw new Error('no state was stored')
  // Else nothing would be shown by what follows.
  expect(openedWithAny(cy, epoch, sealed)).toEqual(world.keys.encode(state))
  await bob.commit()
  await meet(all)
  world.now += 15 * DAY
  cy.prune()
  cy.store()
  expect([...cy.records.keys()].filter(name => name.endsWith(epoch)).toSorted()).toEqual([
    `${EPOCH_RECORDS}node/${epoch}`,
    `${EPOCH_SECRETS}content/${epoch}`
  ])
  expect(openedWithAny(cy, epoch, sealed)).toBeUndefined()
  // The welcome is in the log, and the key package that opens it is gone.
  expect(cy.records.has(KEY_PACKAGE_SECRET)).toBe(false)
  await cy.restart()
  expect(cy.epochs.isKeyPackageSpent).toBe(true)
  expect(cy.isIn()).toBe(true)
})

test('a welcome that comes from another branch is opened as long as the key package is not spent, and then no more', async () => {
  for (const days of [1, 15]) {
    const { world, anna, bob } = await loft()
    const dan = await anna.admit('dan', 'member')
    if (dan === undefined) throw new Error('not admitted')
    await bob.receive(anna.log, () => true)
    for (const each of [anna, bob]) await each.carryOut()
    await anna.commit()
    await dan.receive(anna.log, () => true)
    expect(dan.isIn()).toBe(true)
    world.now += days * DAY
    dan.prune()
    await dan.receive(bob.log, () => true)
    const other = dan.epochs.nodes.find(({ epoch }) => epoch === bob.winner().epoch)
    expect({ days, isOpen: other?.state !== undefined }).toEqual({ days, isOpen: days === 1 })
  }
})

test('a state that is not to be decoded any more counts as erased, and the device comes in by itself', async () => {
  const { world, anna, cy, all } = await loft()
  cy.store()
  const { epoch } = cy.winner()
  const key = `${EPOCH_SECRETS}state/${epoch}`
  cy.records.set(key, new Uint8Array(32))
  await cy.restart()
  expect(cy.isIn()).toBe(false)
  cy.store()
  expect(cy.records.has(key)).toBe(false)
  world.now += DAY
  expect(cy.isBehind()).toBe(true)
  await cy.rejoin(anna)
  await meet(all)
  expect([anna, cy].map(each => each.isIn())).toEqual([true, true])
})
