import { expect, test } from 'vitest'
import { expectValue, systemRandom } from '../../src/core/bytes/index.ts'
import { DELETION_KIND, MESSAGE_KIND } from '../../src/core/chat/room/content.ts'
import { Room } from '../../src/core/chat/room/room.ts'
import { openRoom } from '../../src/core/encryption/index.ts'
import type { DisplayName } from '../../src/core/identity/index.ts'
import { createEntry, eraseBody, isWhole, type EntryStore, type StoredEntry } from '../../src/core/log/index.ts'
import { identityOf, NOON } from '../support/cast.ts'
import { writeEntry, writeWords } from '../support/mallory.ts'
import { memoryStorage } from '../support/memory-storage.ts'

const keys = expectValue(openRoom('lobby'))
const MINUTE = 60_000
const OPENING = new Uint8Array(16).fill(7)

/** The lobby at somebody whose clock the test sets, and how often its store was asked. */
async function lobby() {
  const inner = memoryStorage().room(keys.roomId)
  const seen = { reads: 0, rows: 0, now: NOON }
  function counted<A extends unknown[], B>(read: (...given: A) => B) {
    return (...given: A): B => {
      seen.reads += 1
      return read(...given)
    }
  }
  const list: EntryStore['records']['list'] = async (prefix, last) => {
    const found = await inner.records.list(prefix, last)
    seen.rows += found.length
    return found
  }
  const records = {
    get: counted(inner.records.get),
    getMany: counted(inner.records.getMany),
    list: counted(list)
  }
  const store: EntryStore = { ...inner, records, has: counted(inner.has), get: counted(inner.get) }
  const clock = { now: () => seen.now, after: () => () => undefined }
  const nick = (): DisplayName => 'Anna' as DisplayName
  const room = await Room.load({ keys, store, identity: await identityOf(1), nick, clock, random: systemRandom })
  return { room, store, seen }
}

/** What is left of entries that nobody ever wrote. */
function madeUpHeaders(count: number): StoredEntry[] {
  const start = {
    class: 'chat',
    epoch: keys.epochs.current(),
    clock: { ms: NOON, counter: 0 },
    extensions: []
  } as const
  return Array.from({ length: count }, () =>
    eraseBody(createEntry({ ...start, salt: systemRandom(16) }, systemRandom(512)))
  )
}

test('headers that nobody accounts for cost nothing when somebody is met, known or not', async () => {
  const { room, seen } = await lobby()
  await room.accept(madeUpHeaders(256))
  for (let seed = 0; seed < 10; seed += 1) {
    await room.introduce({ certificate: (await identityOf(50 + seed)).certificate.bytes, nick: undefined }, 0)
    seen.reads = 0
    await room.accept([])
    expect(seen.reads).toBe(0)
  }
})

test('what is left of an entry is taken when its author is met, when a deletion says so, and when its time has come', async () => {
  const mallory = await identityOf(66)
  const targets = [{ device: mallory.certificate.device, sequence: 1, kind: MESSAGE_KIND, opening: OPENING }]
  const ms = NOON + 6 * MINUTE
  const message = await writeEntry(mallory, 'M', { clock: { ms, counter: 0 }, opening: OPENING })
  const words = { kind: DELETION_KIND, targets: targets.map(each => ({ ...each, id: message.id })) } as const
  const options = { previous: message.id, sequence: 2, clock: { ms, counter: 1 }, opening: OPENING }
  const deletion = await writeWords(mallory, words, { ...options, profile: false })
  const profile = { certificate: mallory.certificate.bytes, nick: undefined }
  const steps = {
    header: (room: Room) => room.accept([eraseBody(message)]),
    deletion: (room: Room) => room.accept([deletion]),
    author: (room: Room) => room.introduce(profile, 0).then(() => room.accept([]))
  }
  for (const order of [
    ['header', 'deletion', 'author'],
    ['deletion', 'author', 'header'],
    ['author', 'header', 'deletion'],
    ['header', 'author', 'deletion']
  ] as const) {
    for (const late of [true, false]) {
      const { room, store, seen } = await lobby()
      seen.now = late ? NOON + 2 * MINUTE : NOON
      for (const step of order) await steps[step](room)
      if (!late) {
        expect(await store.load([message.id])).toEqual([])
        seen.now = NOON + 2 * MINUTE
        await room.accept([])
      }
      expect((await store.load([message.id])).map(isWhole), `${order.join(' ')} ${late}`).toEqual([false])
    }
  }
})

test('strangers who claim an entry as theirs hide no claim by its author, and cost nothing to look through', async () => {
  const { room, store, seen } = await lobby()
  const mallory = await identityOf(66)
  const message = await writeEntry(mallory, 'M', { opening: OPENING })
  const target = {
    id: message.id,
    device: mallory.certificate.device,
    sequence: 1,
    kind: MESSAGE_KIND,
    opening: OPENING
  }
  const words = { kind: DELETION_KIND, targets: [target] } as const
  for (let seed = 100; seed < 140; seed += 1) {
    const clock = { ms: NOON, counter: seed }
    await room.accept([await writeWords(await identityOf(seed), words, { clock, opening: OPENING })])
  }
  seen.rows = 0
  await room.accept([eraseBody(message)])
  expect(seen.rows).toBeLessThan(3)
  expect(await store.load([message.id])).toEqual([])
  const clock = { ms: NOON, counter: 200 }
  const options = { sequence: 2, previous: message.id, clock, opening: OPENING }
  await room.accept([await writeWords(mallory, words, options)])
  expect((await store.load([message.id])).map(isWhole)).toEqual([false])
  expect((await room.shown.newest(1))[0]).toMatchObject({ author: mallory.certificate.member, deleted: true })
})
