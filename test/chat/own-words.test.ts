import { expect, test } from 'vitest'
import { expectValue, systemRandom } from '../../src/core/bytes/index.ts'
import { Room } from '../../src/core/chat/room/room.ts'
import { openRoom } from '../../src/core/encryption/index.ts'
import type { DisplayName } from '../../src/core/identity/index.ts'
import type { Entry, EntryId } from '../../src/core/log/index.ts'
import { identityOf, NOON } from '../support/cast.ts'
import { writeEntry } from '../support/mallory.ts'
import { memoryStorage } from '../support/memory-storage.ts'

const MINUTE = 60_000
const keys = expectValue(openRoom('lobby'))

/** The lobby at somebody whose clock the test sets. */
async function lobbyAt(time: { now: number }): Promise<Room> {
  const store = memoryStorage().room(keys.roomId)
  const clock = { now: () => time.now, after: () => () => undefined }
  const nick = (): DisplayName => 'Anna' as DisplayName
  return Room.load({ keys, store, identity: await identityOf(1), nick, clock, random: systemRandom })
}

test('what is due at the moment something is said is not taken for what was said, and comes by itself', async () => {
  const time = { now: NOON }
  const room = await lobbyAt(time)
  const early = await writeEntry(await identityOf(2), 'from a clock ahead', {
    clock: { ms: NOON + 6 * MINUTE, counter: 0 }
  })
  expect((await room.accept([early])).stored).toEqual([])
  time.now = NOON + 10 * MINUTE
  const { own, taken } = await room.write('mine')
  expect(own.entry.id).not.toBe(early.id)
  expect(taken.stored.map(({ entry }) => entry.id)).toEqual([own.entry.id])
  expect((await room.accept([])).stored.map(({ entry }) => entry.id)).toEqual([early.id])
})

test('a clock that is put right by more than messages are kept silences nobody: what is said is sent', async () => {
  const time = { now: NOON }
  const room = await lobbyAt(time)
  await room.retain({ kind: 'age', millis: 2 * 60 * MINUTE }, NOON)
  time.now = NOON - 10 * 60 * MINUTE
  const { own } = await room.write('my clock was ahead')
  expect((await room.shown.newest(1))[0]?.id).toBe(own.entry.id)
})

test('whoever fills a room with words from nearly ahead silences nobody who keeps a number of messages', async () => {
  const room = await lobbyAt({ now: NOON })
  const [mallory, bob] = [await identityOf(66), await identityOf(2)]
  let previous: EntryId | undefined
  for (let sequence = 1; sequence <= 5; sequence += 1) {
    const clock = { ms: NOON + 4 * MINUTE + 50_000, counter: sequence }
    const words = { sequence, clock, ...(previous && { previous }) }
    const entry: Entry = await writeEntry(mallory, 'x', words)
    await room.accept([entry])
    previous = entry.id
  }
  await room.retain({ kind: 'count', messages: 5 }, NOON)
  const said = await writeEntry(bob, 'can you hear me?')
  const { own } = await room.write('I can')
  await room.accept([said])
  expect((await room.shown.newest(9)).map(({ id }) => id)).toEqual(expect.arrayContaining([said.id, own.entry.id]))
})

test('after a clock was put right, what one changes and deletes still counts: it stands above what it is about', async () => {
  const time = { now: NOON + 4.75 * MINUTE }
  const room = await lobbyAt(time)
  const { own } = await room.write('one')
  await room.edit(own.entry.id, 'two')
  time.now = NOON
  await room.edit(own.entry.id, 'three')
  expect((await room.shown.newest(1))[0]?.text).toBe('three')
  await room.delete(own.entry.id)
  expect((await room.shown.newest(1))[0]?.deleted).toBe(true)
  time.now = NOON + 30 * MINUTE
  const { own: later } = await room.write('from half an hour ahead')
  time.now = NOON
  await expect(room.delete(later.entry.id)).rejects.toThrow('try again in 25 min')
  time.now = NOON + 25 * MINUTE
  await room.delete(later.entry.id)
  expect((await room.shown.newest(1))[0]?.deleted).toBe(true)
})
