import { expect, test } from 'vitest'
import { inTurn } from '../../../src/core/chat/direct/direct-post.ts'
import type { DeviceId } from '../../../src/core/identity/index.ts'

const devices = (count: number): DeviceId[] => Array.from({ length: count }, (_, at) => `device ${at}` as DeviceId)

test('letters of everybody are looked for, however many there are, and those of private rooms each time', () => {
  const all = devices(500)
  const looks = Array.from({ length: 16 }, (_, at) => inTurn(all, 2_000_000 + at))
  expect(looks.every(({ length }) => length === 64)).toBe(true)
  expect(looks.every(look => all.slice(0, 32).every(each => look.includes(each)))).toBe(true)
  expect(new Set(looks.flat()).size).toBe(500)
})

test('of few all are looked for each time, nobody twice', () => {
  for (const count of [0, 1, 64, 65, 70]) {
    const look = inTurn(devices(count), 7)
    expect(new Set(look).size).toBe(look.length)
    expect(look).toHaveLength(Math.min(count, 64))
  }
})
