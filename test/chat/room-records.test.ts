import { expect, test } from 'vitest'
import { encodeUtf8, expectValue, systemRandom } from '../../src/core/bytes/index.ts'
import { Deliveries } from '../../src/core/chat/room/deliveries.ts'
import { Room } from '../../src/core/chat/room/room.ts'
import { openRoom } from '../../src/core/encryption/index.ts'
import type { DisplayName, MemberId } from '../../src/core/identity/index.ts'
import type { EntryStore } from '../../src/core/log/index.ts'
import { identityOf, NOON } from '../support/cast.ts'
import { madeUpId, writeEntry } from '../support/mallory.ts'
import { memoryStorage } from '../support/memory-storage.ts'

const keys = expectValue(openRoom('lobby'))
const clock = { now: () => NOON + 60_000, after: () => () => undefined }

async function lobbyIn(store: EntryStore): Promise<Room> {
  const identity = await identityOf(1)
  return Room.load({ keys, store, identity, nick: () => 'Anna' as DisplayName, clock, random: systemRandom })
}

/** The store, and how many bytes of records each write brought. */
function weighed(store: EntryStore): { store: EntryStore; weights: number[] } {
  const weights: number[] = []
  const commit: EntryStore['commit'] = change => {
    const records = change.records ?? []
    weights.push(records.reduce((sum, { name, value }) => sum + name.length + (value?.length ?? 0), 0))
    return store.commit(change)
  }
  return { weights, store: { ...store, commit } }
}

test('whoever cites what is nowhere makes nobody else’s words costly to store, and what is missing is known again', async () => {
  const { store, weights } = weighed(memoryStorage().room(keys.roomId))
  const [room, mallory] = [await lobbyIn(store), await identityOf(66)]
  for (let sequence = 1; sequence <= 150; sequence += 1) {
    const parents = Array.from({ length: 4 }, madeUpId)
    const said = { sequence, previous: madeUpId(), parents, clock: { ms: NOON, counter: sequence } }
    await room.accept([await writeEntry(mallory, 'hm', said)])
  }
  const missing = room.gaps.missing()
  expect(missing.length).toBeGreaterThan(500)
  await room.giveUp(missing.slice(0, 100))
  await room.write('first')
  await room.write('cheap')
  // The heads, of which there are 64 at the most; in one record with all that is cited it were 100,000.
  expect(weights.at(-1)).toBeLessThan(8000)
  const again = await lobbyIn(store)
  expect(new Set(again.gaps.missing())).toEqual(new Set(room.gaps.missing()))
  expect(again.state.history.unheld).toEqual(room.state.history.unheld)
  expect(again.state.history.heads).toEqual(room.state.history.heads)
})

test('heads and gaps of an older layout are read, and brought to this one with the next entry', async () => {
  const store = memoryStorage().room(keys.roomId)
  const { device } = (await identityOf(66)).certificate
  const [head, missing, unheld] = [madeUpId(), madeUpId(), madeUpId()]
  const old = { heads: [[head, { ms: NOON, counter: 0 }]], missing: [[missing, device]], unheld: [[unheld, device]] }
  await store.commit({ records: [{ name: 'history', value: encodeUtf8(JSON.stringify(old)) }] })
  const room = await lobbyIn(store)
  expect(room.gaps.missing()).toEqual([missing])
  await room.write('new')
  expect(await store.records.get('history')).toBeUndefined()
  const again = await lobbyIn(store)
  expect(again.gaps.missing()).toContain(missing)
  expect([...again.state.history.unheld.keys()]).toEqual([unheld])
  expect(again.state.history.heads).toEqual(room.state.history.heads)
})

test('of too many who acknowledge, those give way who never wrote: who is new is still counted', async () => {
  const { certificate } = await identityOf(1)
  const deliveries = await Deliveries.load(memoryStorage().room('lobby'), certificate.device)
  const [writer, newcomer] = ['writer', 'newcomer'] as MemberId[] as [MemberId, MemberId]
  const held = [{ from: 1, to: 1 }]
  const hasWritten = (member: MemberId): boolean => member === writer
  deliveries.acknowledge(writer, held, 1, hasWritten)
  for (let key = 0; key < 4095; key += 1) deliveries.acknowledge(`key ${key}` as MemberId, held, 1, hasWritten)
  expect(deliveries.holders([1])).toHaveLength(4096)
  const changes = deliveries.acknowledge(newcomer, held, 1, hasWritten)
  expect(changes.map(({ name, value }) => [name.split('/').at(-1), value === undefined])).toEqual([
    ['key 0', true],
    ['newcomer', false]
  ])
  expect(deliveries.holders([1])).toHaveLength(4096)
  expect(deliveries.holders([1])).toEqual(expect.arrayContaining([writer, newcomer]))
})
