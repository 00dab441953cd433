import { expect, test } from 'vitest'
import { encodeUtf8, expectValue, systemRandom, toHex } from '../../src/core/bytes/index.ts'
import { Amendments } from '../../src/core/chat/room/amendments.ts'
import { Deliveries } from '../../src/core/chat/room/deliveries.ts'
import { DELETION_KIND, EDIT_KIND, MESSAGE_KIND } from '../../src/core/chat/room/content.ts'
import { addToHistory, EMPTY_HISTORY, type History } from '../../src/core/chat/room/history.ts'
import { Room } from '../../src/core/chat/room/room.ts'
import { openRoom } from '../../src/core/encryption/index.ts'
import type { DeviceId, DisplayName, MemberId } from '../../src/core/identity/index.ts'
import { eraseBody, type EntryId, type EntryStore } from '../../src/core/log/index.ts'
import { identityOf, NOON } from '../support/cast.ts'
import { madeUpId, writeEntry, writeWords } from '../support/mallory.ts'
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

test('a deletion that was noted by an earlier layout breaks nothing, and accounts for nothing', async () => {
  const store = memoryStorage().room(keys.roomId)
  const [bob, cy] = [await identityOf(2), await identityOf(3)]
  const { member, device, bytes } = bob.certificate
  const opening = systemRandom(16)
  const message = await writeEntry(bob, 'gone', { opening })
  const old = { member, device, sequence: 1, opening: toHex(opening), deletion: message.id, isMessage: true }
  await store.commit({
    records: [{ name: `deletion/${message.id}/${member}`, value: encodeUtf8(JSON.stringify(old)) }]
  })
  const room = await lobbyIn(store)
  await room.introduce({ certificate: bytes, nick: undefined }, 0)
  const said = await writeEntry(cy, 'said')
  await room.accept([said, eraseBody(message)])
  await room.accept([])
  expect(await store.lacking([said.id, message.id])).toEqual([message.id])
})

test('deletions of ten times as much cost about ten times as much, not a hundred times', async () => {
  const nothing = { ...memoryStorage().room('lobby'), records: { get: async () => undefined, list: async () => [] } }
  const claim = { member: 'm' as MemberId, device: 'd' as DeviceId, sequence: 1, kind: 1, opening: systemRandom(16) }
  async function timeOf(count: number): Promise<number> {
    const amendments = new Amendments(nothing)
    const start = process.cpuUsage().user
    for (let index = 0; index < count; index += 1) {
      await amendments.addClaim(`target ${index}` as EntryId, { ...claim, deletion: 'deletion' as EntryId })
    }
    return process.cpuUsage().user - start
  }
  /** The least of several runs: what else the machine does only ever adds to it. */
  async function costOf(count: number): Promise<number> {
    let least = Number.POSITIVE_INFINITY
    for (let run = 0; run < 5; run += 1) least = Math.min(least, await timeOf(count))
    return least
  }
  expect((await costOf(20_000)) / (await costOf(2000))).toBeLessThan(40)
})

test('made-up citations of a thousand strangers push out no gap that was there before', () => {
  const clock = { ms: NOON, counter: 0 }
  const cites = (history: History, author: string, id: EntryId): History =>
    addToHistory(history, { id: madeUpId(), clock, author: author as DeviceId }, [{ id, clock: undefined }])
  const truth = madeUpId()
  let history = cites(EMPTY_HISTORY, 'bob', truth)
  for (let key = 0; key < 1500; key += 1) history = cites(history, `key ${key}`, madeUpId())
  expect(history.missing.has(truth)).toBe(true)
  expect(history.missing.size).toBe(1024)
})

test('what was edited or deleted stays so where messages go and come back; what is known of it goes with what said it', async () => {
  const store = memoryStorage().room(keys.roomId)
  const [room, bob] = [await lobbyIn(store), await identityOf(2)]
  const opening = new Uint8Array(16).fill(7)
  const at = (ms: number, sequence: number) => ({ sequence, clock: { ms: NOON + ms, counter: 0 }, opening })
  const secret = await writeEntry(bob, 'secret', at(0, 1))
  const wrong = await writeEntry(bob, 'worng', { ...at(1, 2), previous: secret.id })
  const edit = await writeWords(
    bob,
    { kind: EDIT_KIND, text: 'right', target: wrong.id },
    { ...at(20_000, 3), previous: wrong.id }
  )
  const targets = [{ id: secret.id, device: bob.certificate.device, sequence: 1, kind: MESSAGE_KIND, opening }]
  const deletion = await writeWords(bob, { kind: DELETION_KIND, targets }, { ...at(20_001, 4), previous: edit.id })
  for (const entry of [secret, wrong, edit, deletion]) await room.accept([entry])
  await room.retain({ kind: 'age', millis: 50_000 }, NOON + 60_000)
  expect(await store.lacking([secret.id, wrong.id, edit.id, deletion.id])).toEqual([secret.id, wrong.id])
  await room.retain({ kind: 'forever' }, NOON + 60_000)
  await room.accept([wrong, secret])
  const shown = (await room.shown.newest(9)).map(({ text, deleted }) => (deleted ? 'deleted' : text))
  expect(shown.toSorted()).toEqual(['deleted', 'right'])
  await room.retain({ kind: 'age', millis: 1000 }, NOON + 60_000)
  for (const prefix of ['edit/', 'deletion/', 'sequence/']) expect(await store.records.list(prefix)).toEqual([])
})
