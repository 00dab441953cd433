import { expect, test } from 'vitest'
import { lastLeftWith, noteLeft, wasLeft } from '../../../src/core/chat/direct/ended-conversations.ts'
import type { RoomId } from '../../../src/core/encryption/index.ts'
import type { MemberId } from '../../../src/core/identity/index.ts'
import { memoryStorage } from '../../support/memory-storage.ts'

const MEMBER = 'ab'.repeat(32) as MemberId

test('of the conversations that were left the last thousand are known', async () => {
  const { records } = memoryStorage()
  const room = (number: number): RoomId => number.toString(16).padStart(64, '0') as RoomId
  for (let number = 0; number < 1100; number += 1) await noteLeft(records, room(number), MEMBER)
  expect(await wasLeft(records, room(0))).toBe(false)
  expect(await wasLeft(records, room(100))).toBe(true)
  expect(await wasLeft(records, room(1099))).toBe(true)
  expect(await lastLeftWith(records, MEMBER)).toBe(room(1099))
  const [[, stored] = ['', new Uint8Array()]] = await records.list('')
  expect(stored.length).toBeLessThan(1024 * 65)
})
