import { expect, test } from 'vitest'
import { DeviceBook } from '../../src/core/chat/room/device-book.ts'
import { newDevice, withEntry } from '../../src/core/chat/room/devices.ts'
import {
  CERTIFICATE_BYTES,
  foldName,
  type DeviceId,
  type DisplayName,
  type MemberId
} from '../../src/core/identity/index.ts'
import type { EntryId } from '../../src/core/log/index.ts'
import { NOON } from '../support/cast.ts'
import { memoryStorage } from '../support/memory-storage.ts'

/** 64 characters that are compared as 1,152. */
const LONG = 'ﷺ'.repeat(60)

function idOf(index: number): string {
  return (0x1000 + index).toString(16).padEnd(64, 'a')
}

function device(index: number, nick: string) {
  const key = idOf(index)
  const certificate = { device: key as DeviceId, member: key as MemberId, bytes: new Uint8Array(CERTIFICATE_BYTES) }
  return { ...newDevice({ ...certificate, issuedAt: NOON }, NOON + index), nick: nick as DisplayName, nickTime: 1 }
}

async function bookOf(names: readonly string[]): Promise<DeviceBook> {
  const self = { member: 'self' as MemberId, device: 'self' as DeviceId, nick: () => 'Anna' as DisplayName }
  const book = await DeviceBook.load(memoryStorage().room('lobby'), self)
  for (const [index, name] of names.entries()) book.set(device(index, name))
  return book
}

test('what members write changes no names, and when they wrote is known all the same', async () => {
  const book = await bookOf(['Bob', 'Cy'])
  const names = book.members()
  const bob = book.get(idOf(0) as DeviceId)
  if (bob === undefined) throw new Error('Bob is not there')
  book.set(withEntry(bob, { id: 'x' as EntryId, sequence: 1, time: NOON, bytes: 600 }))
  expect(book.members()).toBe(names)
  expect(book.wroteAt(bob.member)).toBe(NOON)
  book.set({ ...bob, nick: 'Robert' as DisplayName })
  expect(book.nickOf(bob.member)).toBe('Robert')
})

test('the longest names of hundreds are compared once: somebody new costs little', async () => {
  const names = Array.from({ length: 300 }, (_, index) => LONG + index.toString(16))
  const book = await bookOf(names)
  const first = timed(() => book.members())
  book.set(device(1000, 'New'))
  expect(timed(() => book.members())).toBeLessThan(first / 4)
  expect(book.members().size).toBe(301)
})

test('of many with one name each is shown under another', async () => {
  const book = await bookOf(['Anna', 'anna', 'Аnna', 'Bob', `Bob-${idOf(5).slice(0, 4)}`, 'BOB'])
  const shown = [...book.members().values()].map(({ nick }) => foldName(nick))
  expect(new Set(shown).size).toBe(shown.length)
  expect(shown).not.toContain(foldName('Anna'))
})

function timed(run: () => unknown): number {
  const start = performance.now()
  run()
  return performance.now() - start
}
