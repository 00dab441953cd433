import { Level } from 'level'
import { expect, test } from 'vitest'
import { encodeUtf8, EnvironmentError } from '../../src/core/bytes/index.ts'
import { encodeEntry, HIGHEST, openStorage, orderKeyOf, type Database, type Entry } from '../../src/core/log/index.ts'
import { NOON } from '../support/cast.ts'
import { memoryStorage } from '../support/memory-storage.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { temporaryDatabase } from '../support/temporary-database.ts'
import { entryAt } from './entries.ts'
import { expectSameSet, itemOfEntry, runEntryStoreTests } from './entry-store-suite.ts'
import { MemorySet } from './sync/memory-set.ts'

runEntryStoreTests('memory', async () => memoryStorage())
runEntryStoreTests('level', async () => openStorage(await temporaryDatabase()))

test('what was committed is there after closing and opening again', async () => {
  const database = await temporaryDatabase()
  const storage = await openStorage(database)
  const entry = entryAt(NOON, 1)
  await storage.room('aa').commit({ entries: [entry], records: [{ name: 'x', value: Uint8Array.of(1) }] })
  await storage.close()
  const again = await openStorage(database)
  expect(await again.room('aa').get(entry.id)).toEqual(entry)
  expect(await again.room('aa').records.get('x')).toEqual(Uint8Array.of(1))
  await again.close()
})

test('a store of a newer layout is refused, and not changed', async () => {
  const database = await temporaryDatabase()
  const storage = await openStorage(database)
  await storage.records.write([{ name: 'schema', value: encodeUtf8('5') }])
  await storage.close()
  await expect(openStorage(database)).rejects.toThrow(EnvironmentError)
  await expect(openStorage(database)).rejects.toThrow('written by a newer version (layout 5, this one knows 4)')
})

test('a set goes on where it was after opening again', async () => {
  const database = await temporaryDatabase()
  const entries = Array.from({ length: 2000 }, (_, index) => entryAt(NOON + ((index * 31) % 700), index))
  for (let from = 0; from < entries.length; from += 500) {
    const storage = await openStorage(database)
    await storage.room('aa').commit({ entries: entries.slice(from, from + 500) })
    await storage.close()
  }
  const storage = await openStorage(database)
  await expectSameSet(storage.room('aa').sets.chat, new MemorySet(entries.map(itemOfEntry)), seededRandom(1))
  await storage.close()
})

test('a store of the first layout is brought to this one, wherever that is cut off', async () => {
  const rooms = { aa: 1300, ab: 1, ac: 0 }
  const entries = Array.from({ length: 1300 }, (_, index) => entryAt(NOON + ((index * 31) % 700), index))
  const database = await temporaryDatabase()
  await database.open()
  await database.batch(firstLayout({ ...rooms, aa: 1290 }, entries))
  // Each attempt is cut off one write later than the one before.
  let cuts = 0
  for (; cuts < 30; cuts += 1) {
    const opening = openStorage(cutOffAfter(database, cuts))
    const isOpen = await opening.then(
      () => true,
      () => false
    )
    if (isOpen) break
    // The earlier version goes on with what a cut-off attempt left behind.
    if (cuts === 6) await database.batch(firstLayout(rooms, entries.slice(0, 1300)))
  }
  expect(cuts).toBeGreaterThan(6)
  expect(cuts).toBeLessThan(30)
  await database.close()
  const storage = await openStorage(database)
  for (const [room, count] of Object.entries(rooms)) {
    const ofRoom = entries.slice(0, count)
    await expectSameSet(storage.room(room).sets.chat, new MemorySet(ofRoom.map(itemOfEntry)), seededRandom(count))
    const newest = ofRoom.map(orderKeyOf).sort().slice(-5).toReversed()
    expect((await storage.room(room).newestShown(5)).map(({ entry }) => orderKeyOf(entry))).toEqual(newest)
    expect(await storage.room(room).records.get('x')).toEqual(Uint8Array.of(1))
  }
  await storage.close()
})

/** What layout 1 held: records, entries, and where these stand by id. */
function firstLayout(rooms: Record<string, number>, entries: readonly Entry[]) {
  const rows = Object.entries(rooms).flatMap(([room, count]) => [
    [`r!${room}!r!x`, Uint8Array.of(1)] as const,
    ...entries.slice(0, count).flatMap(entry => {
      const order = orderKeyOf(entry)
      return [
        [`r!${room}!e!${order}`, encodeEntry(entry)] as const,
        [`r!${room}!i!${entry.id}`, encodeUtf8(order)] as const
      ]
    })
  ])
  const all = [['p!schema', encodeUtf8('1')] as const, ...rows]
  return all.map(([key, value]) => ({ type: 'put' as const, key: encodeUtf8(key), value }))
}

/** The database, of which only so many more writes succeed. */
function cutOffAfter(database: Database, writes: number): Database {
  let left = writes
  return new Proxy(database, {
    get(target, name) {
      if (name === 'batch' && left-- <= 0) return () => Promise.reject(new Error('cut off'))
      if (name === 'close') return async () => undefined
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    }
  })
}

test('a set that is read while a write changes what is read keeps nothing of it that is wrong', async () => {
  const database = await temporaryDatabase()
  const entries = Array.from({ length: 300 }, (_, index) => entryAt(NOON + index, index))
  const { promise: held, resolve: release } = Promise.withResolvers<void>()
  let reads = 0
  const slow = new Proxy(database, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (name !== 'keys') return typeof value === 'function' ? value.bind(target) : value
      return (range: object) => ({
        // The very first reading of the set's items is slow.
        all: async () => {
          const keys = target.keys(range).all()
          if (reads++ === 0) await Promise.all([keys, held])
          return keys
        }
      })
    }
  })
  const storage = await openStorage(slow)
  const set = storage.room('aa').sets.chat
  await storage.room('aa').commit({ entries: entries.slice(0, 200) })
  const inside = { ms: NOON + 10, prefix: '' }
  const reading = set.at(inside, HIGHEST, 5)
  await expect.poll(() => reads).toBe(1)
  await storage.room('aa').commit({ entries: entries.slice(200, 250) })
  release()
  await reading
  await expectSameSet(set, new MemorySet(entries.slice(0, 250).map(itemOfEntry)), seededRandom(4))
  // What was read is enough for a split.
  await storage.room('aa').commit({ entries: entries.slice(250) })
  await expectSameSet(set, new MemorySet(entries.map(itemOfEntry)), seededRandom(4))
  await storage.close()
})

test('the database type of the level package is the one that storage takes', async () => {
  const options = { keyEncoding: 'view', valueEncoding: 'view' } as const
  const database: Database = new Level<Uint8Array, Uint8Array>('never-opened', options)
  expect(database.supports.permanence).toBe(true)
  await database.close()
})
