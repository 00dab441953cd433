import { expect, test } from 'vitest'
import { encodeUtf8, expectValue, systemRandom, toHex } from '../../src/core/bytes/index.ts'
import { Deliveries } from '../../src/core/chat/room/deliveries.ts'
import { DELETION_KIND, EDIT_KIND, MESSAGE_KIND } from '../../src/core/chat/room/content.ts'
import { addToHistory, EMPTY_HISTORY, type History } from '../../src/core/chat/room/history.ts'
import { Room } from '../../src/core/chat/room/room.ts'
import { lateRecord, withLateMarks } from '../../src/core/chat/room/late-marks.ts'
import { openRoom } from '../../src/core/encryption/index.ts'
import type { OwnWords } from '../../src/core/chat/room/own-entries.ts'
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

test('an answer holds a few entries at a time, however many are asked for by whoever does not read it', async () => {
  const inner = memoryStorage().room(keys.roomId)
  const held: number[] = []
  const note = <T extends readonly unknown[]>(entries: T): T => {
    held.push(entries.length)
    return entries
  }
  const room = await lobbyIn({
    ...inner,
    load: async ids => note(await inner.load(ids)),
    newest: async (limit, before) => note(await inner.newest(limit, before))
  })
  const ids: EntryId[] = []
  for (let count = 0; count < 60; count += 1) ids.push((await room.write(`${count}`)).own.entry.id)
  held.length = 0
  const answer: EntryId[] = []
  for await (const { id } of room.fetch(ids.slice(20), 128)) answer.push(id)
  expect(answer).toEqual([...ids.slice(20), ...ids.slice(0, 20).toReversed()])
  expect(Math.max(...held)).toBeLessThan(9)
})

test('whoever says much that is late makes each word a little costly to store, and what came last is marked', () => {
  const late = Array.from({ length: 1000 }, madeUpId)
  const marks = late.reduce<ReadonlySet<EntryId>>((before, id) => withLateMarks(before, [id]), new Set())
  expect(lateRecord(marks).value?.length).toBeLessThan(5000)
  expect([marks.has(late[999] ?? madeUpId()), marks.has(late[0] ?? madeUpId())]).toEqual([true, false])
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

test('a deletion that was noted in the layout before this one still accounts for what it erased', async () => {
  const store = memoryStorage().room(keys.roomId)
  const bob = await identityOf(2)
  const { member, device, bytes } = bob.certificate
  const opening = systemRandom(16)
  const message = await writeEntry(bob, 'gone', { opening })
  const claim = { member, device, sequence: 1, kind: MESSAGE_KIND, opening: toHex(opening), deletion: madeUpId() }
  const name = `deletion/${message.id}/${member}`
  await store.commit({ records: [{ name, value: encodeUtf8(JSON.stringify(claim)) }] })
  const room = await lobbyIn(store)
  await room.introduce({ certificate: bytes, nick: undefined }, 0)
  await room.accept([eraseBody(message)])
  expect((await room.shown.newest(1))[0]).toMatchObject({ id: message.id, author: member, deleted: true })
})

test('however much is said of one entry, to take in more of it costs no more', async () => {
  const inner = memoryStorage().room(keys.roomId)
  let read = 0
  const list: EntryStore['records']['list'] = async (prefix, last) => {
    const found = await inner.records.list(prefix, last)
    read += found.length
    return found
  }
  const room = await lobbyIn({ ...inner, records: { ...inner.records, list } })
  const mallory = await identityOf(66)
  const opening = new Uint8Array(16).fill(7)
  const message = await writeEntry(mallory, 'M', { opening })
  const costs: number[] = []
  let sequence = 1
  const say = async (words: OwnWords): Promise<void> => {
    sequence += 1
    const clock = { ms: NOON, counter: sequence }
    await room.accept([await writeWords(mallory, words, { sequence, previous: madeUpId(), clock, opening })])
  }
  const claim = { id: message.id, device: mallory.certificate.device, sequence: 1, kind: MESSAGE_KIND }
  for (let round = 0; round < 100; round += 1) {
    read = 0
    await say({ kind: EDIT_KIND, text: `${round}`, target: message.id })
    await say({ kind: DELETION_KIND, targets: [{ ...claim, opening: systemRandom(16) }] })
    costs.push(read)
  }
  expect(costs.at(-1)).toBe(costs[1])
  read = 0
  await room.accept([message])
  expect(read).toBeLessThan(4)
  expect((await room.shown.newest(1))[0]?.text).toBe('99')
})

test('made-up citations of a thousand strangers push out no gap that was there before, nor of somebody who has been talking', () => {
  const clock = { ms: NOON, counter: 0 }
  const bytesOf = (author: DeviceId): number => (author === 'bob' ? 20_000 : 5000)
  const cites = (history: History, author: string, ids: readonly EntryId[]): History => {
    const citations = ids.map(id => ({ id, clock: undefined }))
    return addToHistory(history, { id: madeUpId(), clock, author: author as DeviceId }, citations, bytesOf)
  }
  const [early, late, later] = [madeUpId(), madeUpId(), madeUpId()] as const
  let history = cites(EMPTY_HISTORY, 'stranger', [early])
  for (let key = 0; key < 1500; key += 1) history = cites(history, `key ${key}`, [madeUpId()])
  history = cites(cites(history, 'bob', [late, later]), 'another key', [madeUpId()])
  expect([early, late, later].map(id => history.missing.has(id))).toEqual([true, true, true])
  for (let count = 0; count < 400; count += 1) history = cites(history, 'flood', Array.from({ length: 5 }, madeUpId))
  expect([early, late, later].map(id => history.missing.has(id))).toEqual([true, true, true])
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
  for (const prefix of ['edits/', 'claim/', 'sequence/']) expect(await store.records.list(prefix)).toEqual([])
})

test('edits that were noted in earlier layouts still show, and give way to each other', async () => {
  const store = memoryStorage().room(keys.roomId)
  const [room, bob] = [await lobbyIn(store), await identityOf(2)]
  const { member, device } = bob.certificate
  const opening = new Uint8Array(16).fill(7)
  const said = (sequence: number, previous: EntryId) => ({
    sequence,
    previous,
    clock: { ms: NOON + sequence, counter: 0 },
    opening
  })
  const message = await writeEntry(bob, 'one', { opening })
  const second = await writeWords(bob, { kind: EDIT_KIND, text: 'two', target: message.id }, said(2, message.id))
  const third = await writeWords(bob, { kind: EDIT_KIND, text: 'three', target: message.id }, said(3, second.id))
  const targets = [{ id: third.id, device, sequence: 3, kind: EDIT_KIND, opening }]
  const deletion = await writeWords(bob, { kind: DELETION_KIND, targets }, said(4, third.id))
  for (const entry of [message, second, third]) await room.accept([entry])
  const old = { shown: third.id, order: '', all: [third.id, second.id] }
  for (const layout of [
    old,
    [
      { id: second.id, order: 'a' },
      { id: third.id, order: 'b' }
    ]
  ]) {
    const copy = memoryStorage().room(keys.roomId)
    const records = (await store.records.list('')).filter(([name]) => !name.startsWith('edits/'))
    const older = { name: `edit/${message.id}/${member}`, value: encodeUtf8(JSON.stringify(layout)) }
    await copy.commit({
      entries: await store.newest(9),
      shown: new Map([[message.id, encodeUtf8(`e${third.id}`)]]),
      records: [...records.map(([name, value]) => ({ name, value })), older]
    })
    const again = await lobbyIn(copy)
    expect((await again.shown.newest(1))[0]?.text).toBe('three')
    await again.accept([deletion])
    expect((await again.shown.newest(1))[0]?.text).toBe('two')
    expect(await copy.records.get(older.name)).toBeUndefined()
  }
})
