import { expect, test } from 'vitest'
import { HIGHEST, LOWEST, openStorage, type Entry, type SyncSet } from '../../src/core/log/index.ts'
import { NOON } from '../support/cast.ts'
import { seededNumbers } from '../support/seeded-random.ts'
import { temporaryDatabase } from '../support/temporary-database.ts'
import { entryAt } from './entries.ts'
import { reconcile, Side } from './sync/reconcile.ts'

const ENTRIES = 7000
/** Enough for each of 16 parts to begin where a chunk does. */
const entries = Array.from({ length: ENTRIES }, (_, index) => entryAt(NOON + Math.floor(index / 3), index))

test('two stored sets that are cut where their chunks begin find exactly what each lacks', async () => {
  const next = seededNumbers(7)
  const [ours, theirs] = [entries.filter(() => next() < 0.99), entries.filter(() => next() < 0.99)]
  const [here, there] = [await storedSet(ours), await storedSet(theirs)]
  const cuts = (await here.landmarks?.(LOWEST, HIGHEST, 16)) ?? []
  expect(cuts).toHaveLength(15)
  const counts = [LOWEST, ...cuts].map(async (lower, part) => (await here.sum(lower, cuts[part] ?? HIGHEST)).count)
  for (const count of await Promise.all(counts)) expect(count).toBeGreaterThan(ENTRIES / 16 / 2)

  const initiator = new Side(here, { role: 'initiator' })
  await reconcile(initiator, new Side(there, { role: 'responder' }))
  expect([...new Set(initiator.have)].toSorted()).toEqual(idsOnlyIn(ours, theirs))
  expect([...new Set(initiator.need)].toSorted()).toEqual(idsOnlyIn(theirs, ours))
}, 60_000)

test('a range of a few chunks is cut exactly', async () => {
  const set = await storedSet(entries.slice(0, 1000))
  expect(await set.landmarks?.(LOWEST, HIGHEST, 16)).toBeUndefined()
})

async function storedSet(stored: readonly Entry[]): Promise<SyncSet> {
  const storage = await openStorage(await temporaryDatabase())
  for (let from = 0; from < stored.length; from += 500) {
    await storage.room('aa').commit({ entries: stored.slice(from, from + 500) })
  }
  return storage.room('aa').sets.chat
}

function idsOnlyIn(some: readonly Entry[], others: readonly Entry[]): string[] {
  const known = new Set(others.map(({ id }) => id))
  return some.flatMap(({ id }) => (known.has(id) ? [] : [id])).toSorted()
}
