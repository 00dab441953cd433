import { describe, expect, test } from 'vitest'
import { createEntry, orderKeyOf, type Entry, type EntryId, type Storage } from '../../src/core/log/index.ts'
import { NOON } from '../support/cast.ts'
import { seededRandom } from '../support/seeded-random.ts'

/** What every implementation of the storage port does. `open` gives an empty one; a second call with the same name reopens it. */
export function runEntryStoreTests(name: string, open: (name: string) => Promise<Storage>): void {
  describe(`the ${name} entry store`, () => {
    test('gives entries back newest first, by clock, then id', async () => {
      const storage = await open('order')
      const store = storage.room('aa')
      const entries = [entryAt(NOON, 3), entryAt(NOON + 5, 1), entryAt(NOON, 2), entryAt(NOON - 9, 4)]
      await store.commit({ entries })
      const expected = entries.map(orderKeyOf).sort().reverse()
      expect((await store.newest(10)).map(orderKeyOf)).toEqual(expected)
      expect((await store.newest(2)).map(orderKeyOf)).toEqual(expected.slice(0, 2))
      expect((await store.newest(2, expected[1])).map(orderKeyOf)).toEqual(expected.slice(2, 4))
      await storage.close()
    })

    test('finds entries by id, each in its own room', async () => {
      const storage = await open('rooms')
      const entry = entryAt(NOON, 1)
      await storage.room('aa').commit({ entries: [entry] })
      expect(await storage.room('aa').has(entry.id)).toBe(true)
      expect(await storage.room('aa').get(entry.id)).toEqual(entry)
      expect(await storage.room('ab').has(entry.id)).toBe(false)
      expect(await storage.room('ab').newest(5)).toEqual([])
      expect(await storage.room('aa').get('00'.repeat(32) as EntryId)).toBeUndefined()
      await storage.close()
    })

    test('keeps an entry once, however often it is stored', async () => {
      const storage = await open('once')
      const store = storage.room('aa')
      const entry = entryAt(NOON, 1)
      await store.commit({ entries: [entry] })
      await store.commit({ entries: [entry] })
      expect(await store.newest(5)).toHaveLength(1)
      await storage.close()
    })

    test('writes records beside entries, lists them by prefix and deletes them', async () => {
      const storage = await open('records')
      const store = storage.room('aa')
      const value = Uint8Array.of(1, 2)
      await store.commit({
        entries: [entryAt(NOON, 1)],
        records: [record('device/1', value), record('device/2', value)]
      })
      await store.commit({ records: [record('other', value), record('device/1', undefined)] })
      expect(await store.records.list('device/')).toEqual([['device/2', value]])
      expect(await store.records.get('other')).toEqual(value)
      expect(await storage.records.get('other')).toBeUndefined()
      await storage.close()
    })

    test('answers many commits at the same time, each when its own is stored', async () => {
      const storage = await open('many')
      const store = storage.room('aa')
      const entries = Array.from({ length: 100 }, (_, index) => entryAt(NOON + index, index))
      await Promise.all(
        entries.map(async entry => {
          await store.commit({ entries: [entry] })
          expect(await store.has(entry.id)).toBe(true)
        })
      )
      expect(await store.newest(200)).toHaveLength(100)
      await storage.close()
    })
  })
}

export function entryAt(ms: number, seed: number): Entry {
  const random = seededRandom(seed)
  const start = {
    class: 'chat',
    epoch: random(16),
    clock: { ms, counter: 0 },
    extensions: [],
    salt: random(16)
  } as const
  return createEntry(start, random(512))
}

function record(name: string, value: Uint8Array | undefined) {
  return { name, value }
}
