import { expect, test } from 'vitest'
import { Hush } from '../../src/core/chat/hush.ts'
import { RateLimit, SECOND } from '../../src/core/chat/rate-limit.ts'
import type { PeerId } from '../../src/core/network/index.ts'
import { NOON } from '../support/cast.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

test('what is hushed again and again is told after a minute all the same, and at once when the reason is gone', () => {
  const clock = new VirtualClock(NOON)
  let told = 0
  const hush = new Hush(clock, () => (told += 1))
  for (let second = 0; second < 60; second += 1) {
    expect(hush.keeps()).toBe(true)
    clock.advance(1000)
  }
  expect([told, hush.keeps()]).toEqual([1, false])
  hush.end()
  expect(hush.keeps()).toBe(true)
  hush.end()
  clock.advance(120_000)
  expect(told).toBe(1)
})

test('of one peer so many are let through in a second, and others are not kept out by it', () => {
  const clock = new VirtualClock(NOON)
  const limit = new RateLimit(clock, 3, SECOND)
  const [mallory, anna] = ['mallory', 'anna'] as PeerId[] as [PeerId, PeerId]
  expect(Array.from({ length: 5 }, () => limit.lets(mallory))).toEqual([true, true, true, false, false])
  expect(limit.lets(anna)).toBe(true)
  clock.advance(1000)
  expect(limit.lets(mallory)).toBe(true)
})
