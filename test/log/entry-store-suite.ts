import { describe, expect, test } from 'vitest'
import type { RandomBytes } from '../../src/core/bytes/index.ts'
import {
  eraseBody,
  HIGHEST,
  LOWEST,
  orderKeyOf,
  type Entry,
  type EntryId,
  type Storage,
  type SyncBound,
  type SyncItem,
  type SyncSet
} from '../../src/core/log/index.ts'
import { NOON } from '../support/cast.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { entryAt } from './entries.ts'
import { MemorySet } from './sync/memory-set.ts'

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
      const other = entryAt(NOON + 1, 2)
      await storage.room('aa').commit({ entries: [other] })
      const unknown = '00'.repeat(32) as EntryId
      expect(await storage.room('aa').load([other.id, unknown, entry.id])).toEqual([other, entry])
      expect(await storage.room('aa').lacking([other.id, unknown, entry.id])).toEqual([unknown])
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

    test('gives those back that are shown, among many that are not', async () => {
      const storage = await open('shown')
      const store = storage.room('aa')
      const entries = Array.from({ length: 40 }, (_, index) => entryAt(NOON + index, index))
      const shown = entries.filter((_, index) => index % 10 === 3)
      await store.commit({ entries, shown: new Map(shown.map(({ id }) => [id, Uint8Array.of()])) })
      const expected = shown.map(({ id }) => id).toReversed()
      expect((await store.newestShown(10)).map(({ entry }) => entry.id)).toEqual(expected)
      const before = shown.at(-1)
      expect((await store.newestShown(2, before && orderKeyOf(before))).map(({ entry }) => entry.id)).toEqual(
        expected.slice(1, 3)
      )
      await storage.close()
    })

    test('keeps what is left of an entry whose body is erased, in its place and in the set', async () => {
      const storage = await open('erased')
      const store = storage.room('aa')
      const [first, second] = [entryAt(NOON, 1), entryAt(NOON + 1, 2)]
      const note = Uint8Array.of(7)
      await store.commit({ entries: [first, eraseBody(second)], shown: new Map([[first.id, Uint8Array.of()]]) })
      await store.commit({ erased: [first.id], shown: new Map([[first.id, note]]) })
      expect(await store.get(first.id)).toEqual(eraseBody(first))
      expect(await store.newest(5)).toEqual([eraseBody(second), eraseBody(first)])
      expect(await store.newestShown(5)).toEqual([{ entry: eraseBody(first), note }])
      expect([await store.noteOf(first.id), await store.noteOf(second.id)]).toEqual([note, undefined])
      expect([await store.has(first.id), await store.has(second.id)]).toEqual([true, true])
      // It does not come back by itself.
      await store.commit({ entries: [first] })
      expect(await store.get(first.id)).toEqual(eraseBody(first))
      await expectSameSet(store.sets.chat, new MemorySet([first, second].map(itemOfEntry)), seededRandom(2))
      await storage.close()
    })

    test('drops entries whole, and counts the others exactly', async () => {
      const storage = await open('dropped')
      const store = storage.room('aa')
      const entries = Array.from({ length: 900 }, (_, index) => entryAt(NOON + ((index * 31) % 700), index))
      const shown = new Map(entries.map(({ id }) => [id, Uint8Array.of()]))
      await store.commit({ entries: entries.slice(0, 600), shown })
      await store.commit({ entries: entries.slice(600), shown })
      const random = seededRandom(8)
      for (let left = entries.map(({ id }) => id); left.length > 0;) {
        const size = 1 + ((random(1)[0] ?? 0) % 200)
        const dropped =
          random(1)[0] === 0 ? left.slice(-size) : left.filter((_, index) => index % 3 === 0).slice(0, size)
        await store.commit({ dropped })
        const gone = new Set(dropped)
        left = left.filter(id => !gone.has(id))
        const rest = entries.filter(({ id }) => left.includes(id))
        await expectSameSet(store.sets.chat, new MemorySet(rest.map(itemOfEntry)), random)
        const orders = rest.map(orderKeyOf).sort()
        expect((await store.newestShown(20)).map(({ entry }) => orderKeyOf(entry))).toEqual(orders.slice(-20).reverse())
      }
      await store.commit({ entries: entries.slice(0, 300) })
      await expectSameSet(store.sets.chat, new MemorySet(entries.slice(0, 300).map(itemOfEntry)), random)
      await storage.close()
    })

    test('counts control entries apart from chat, through additions and departures', async () => {
      const storage = await open('classes')
      const store = storage.room('aa')
      const chat = Array.from({ length: 300 }, (_, index) => entryAt(NOON + index, index))
      const control = Array.from({ length: 280 }, (_, index) => entryAt(NOON + index, 1000 + index, 'control'))
      await store.commit({ entries: [...chat, ...control] })
      await store.commit({ dropped: chat.slice(0, 150).map(({ id }) => id) })
      const random = seededRandom(3)
      await expectSameSet(store.sets.chat, new MemorySet(chat.slice(150).map(itemOfEntry)), random)
      await expectSameSet(store.sets.control, new MemorySet(control.map(itemOfEntry)), random)
      await storage.forget('aa')
      expect((await storage.room('aa').sets.control.sum(LOWEST, HIGHEST)).count).toBe(0)
      await storage.close()
    })

    test('tells the time of the entry at a place, and finds ids by their beginning', async () => {
      const storage = await open('places')
      const store = storage.room('aa')
      const entries = Array.from({ length: 30 }, (_, index) => entryAt(NOON + index, index))
      await store.commit({ entries, shown: new Map(entries.map(({ id }) => [id, Uint8Array.of()])) })
      expect([await store.shownTime(0), await store.shownTime(29), await store.shownTime(30)]).toEqual([
        NOON + 29,
        NOON,
        undefined
      ])
      const [some] = entries
      expect(await store.idsFrom(some?.id.slice(0, 12) ?? '', 2)).toEqual([some?.id])
      expect((await store.idsFrom('', 100)).toSorted()).toEqual(entries.map(({ id }) => id).toSorted())
      expect(await store.idsFrom('00'.repeat(32), 2)).toEqual([])
      await storage.close()
    })

    test('has every entry in its set once, however they come', async () => {
      const storage = await open('set')
      const store = storage.room('aa')
      const random = seededRandom(5)
      const entries = Array.from({ length: 1500 }, (_, index) => entryAt(NOON + ((index * 7919) % 900), index))
      const expected = new MemorySet(entries.map(itemOfEntry))
      for (let from = 0; from < entries.length;) {
        // Of any size, and some at the same time; some again.
        const size = 1 + ((random(1)[0] ?? 0) % 200)
        const [first, second] = [entries.slice(from, from + size), entries.slice(from + size, from + size + 3)]
        await Promise.all([
          store.commit({ entries: first }),
          store.commit({ entries: [...second, ...first.slice(0, 2)] })
        ])
        from += size + 3
      }
      await expectSameSet(store.sets.chat, expected, random)
      await expectSameSet(storage.room('ab').sets.chat, new MemorySet([]), random)
      await storage.close()
    })

    test('counts no entry in its set that is not stored yet', async () => {
      const storage = await open('pending')
      const store = storage.room('aa')
      const writing = Array.from({ length: 40 }, (_, index) =>
        store.commit({ entries: [entryAt(NOON + index, index)] })
      )
      for (let reads = 0; reads < 40; reads += 1) {
        const { count } = await store.sets.chat.sum(LOWEST, HIGHEST)
        expect((await store.sets.chat.items(LOWEST, HIGHEST, 100)).length).toBeGreaterThanOrEqual(count)
      }
      await Promise.all(writing)
      expect((await store.sets.chat.sum(LOWEST, HIGHEST)).count).toBe(40)
      await storage.close()
    })

    test('forgets a room, and begins it anew when it is used again', async () => {
      const storage = await open('forget')
      const entries = Array.from({ length: 1100 }, (_, index) => entryAt(NOON + index, index))
      const [first] = entries
      const records = [record('x', Uint8Array.of(1))]
      for (const room of ['a', 'aa', 'aaa']) {
        await storage.room(room).commit({ entries: room === 'aa' ? entries : entries.slice(0, 1), records })
      }
      await storage.forget('aa')
      expect(await storage.room('aa').newest(5)).toEqual([])
      expect(await storage.room('aa').records.get('x')).toBeUndefined()
      expect((await storage.room('aa').sets.chat.sum(LOWEST, HIGHEST)).count).toBe(0)
      await storage.room('aa').commit({ entries: entries.slice(5, 7) })
      expect((await storage.room('aa').sets.chat.sum(LOWEST, HIGHEST)).count).toBe(2)
      for (const room of ['a', 'aaa']) {
        expect((await storage.room(room).newest(5)).map(({ id }) => id)).toEqual([first?.id])
        expect(await storage.room(room).records.get('x')).toEqual(Uint8Array.of(1))
      }
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
      expect((await store.records.list('device/', 1)).map(([name]) => name)).toEqual(['device/2'])
      expect((await store.records.list('device/', 3)).map(([name]) => name)).toEqual(['device/1', 'device/2'])
      await store.commit({ records: [record('other', value), record('device/1', undefined)] })
      expect(await store.records.list('device/')).toEqual([['device/2', value]])
      expect(await store.records.get('other')).toEqual(value)
      expect(await store.records.getMany(['other', 'device/1', 'device/2'])).toEqual([value, undefined, value])
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

    test('a purge leaves all that was not deleted', async () => {
      const storage = await open('purge')
      const store = storage.room('aa')
      const names = ['secret/a', 'secret/b', 'secrets', 'z']
      await store.commit({ entries: [entryAt(NOON, 1)], records: names.map(name => record(name, Uint8Array.of(1))) })
      await store.commit({ records: [record('secret/a', undefined)] })
      await store.purge('secret/')
      expect((await store.records.list('')).map(([name]) => name)).toEqual(names.slice(1))
      expect(await store.newest(10)).toEqual([entryAt(NOON, 1)])
      await storage.close()
    })
  })
}

/** Compares sums, items and places of all, of random ranges, and of ranges that begin or end at an item. */
export async function expectSameSet(set: SyncSet, expected: SyncSet, random: RandomBytes): Promise<void> {
  const all = await expected.items(LOWEST, HIGHEST, 10_000)
  const bounds = [LOWEST, HIGHEST, ...Array.from({ length: 60 }, () => randomBound(all, random))]
  for (const [index, lower] of bounds.entries()) {
    const upper = bounds[(index * 17 + 1) % bounds.length] ?? HIGHEST
    expect(await set.sum(lower, upper)).toEqual(await expected.sum(lower, upper))
    expect(await set.items(lower, upper, index)).toEqual(await expected.items(lower, upper, index))
    for (const place of [0, 1, index, 600]) {
      expect(await set.at(lower, upper, place)).toEqual(await expected.at(lower, upper, place))
    }
  }
}

function randomBound(items: readonly SyncItem[], random: RandomBytes): SyncBound {
  const [a = 0, b = 0, length = 0] = random(3)
  const item = items[(a * 256 + b) % items.length]
  return item === undefined ? LOWEST : { ms: item.ms, prefix: item.id.slice(0, (length % 33) * 2) }
}

export function itemOfEntry({ id, header }: Entry): SyncItem {
  return { ms: header.clock.ms, id }
}

function record(name: string, value: Uint8Array | undefined) {
  return { name, value }
}
