import { describe, expect, test } from 'vitest'
import { VisitorQuota } from '../../src/core/chat/online/visitor-quota.ts'
import type { PeerId } from '../../src/core/network/index.ts'
import { NOON } from '../support/cast.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

const MEBIBYTE = 2 ** 20
const HOUR = 3_600_000

function visitor(index: number): PeerId {
  return `visitor ${index}` as PeerId
}

describe('what visitors may do in an hour', () => {
  test('ends for one that named so many ids, and not for another', () => {
    const quota = new VisitorQuota(new VirtualClock(NOON))
    for (let index = 0; index < 511; index += 1) quota.names(visitor(1), 256)
    expect(quota.entriesLeft(visitor(1))).toBe(1024)
    quota.names(visitor(1), 256)
    expect(quota.entriesLeft(visitor(1))).toBe(0)
    expect(quota.entriesLeft(visitor(2))).toBe(1024)
  })

  test('ends for all when many have taken their part, new ones included', () => {
    const clock = new VirtualClock(NOON)
    const quota = new VisitorQuota(clock)
    const taken = [1, 2, 3, 4, 5].map(index => quota.brought(visitor(index), 1000, MEBIBYTE))
    expect(taken).toEqual([true, true, true, true, false])
    expect(quota.entriesLeft(visitor(99))).toBe(0)
    clock.advance(HOUR)
    expect(quota.entriesLeft(visitor(99))).toBe(1024)
  })

  test('ends with bytes, whichever way they go', () => {
    const quota = new VisitorQuota(new VirtualClock(NOON))
    expect(quota.brought(visitor(1), 64, 4 * MEBIBYTE)).toBe(true)
    expect(quota.entriesLeft(visitor(1))).toBe(0)
    expect(quota.gives(visitor(1), 16 * MEBIBYTE)).toBe(true)
    expect(quota.mayGive(visitor(1))).toBe(false)
    expect(quota.gives(visitor(1), 1)).toBe(false)
    for (const index of [2, 3, 4]) expect(quota.gives(visitor(index), 15 * MEBIBYTE)).toBe(true)
    expect(quota.mayGive(visitor(5))).toBe(true)
    expect(quota.gives(visitor(5), 15 * MEBIBYTE)).toBe(false)
    expect(quota.mayGive(visitor(6))).toBe(false)
  })

  test('ends with sessions of all, and two of them run at a time', () => {
    const quota = new VisitorQuota(new VirtualClock(NOON))
    expect([1, 1, 2, 3].map(index => quota.begin(visitor(index)))).toEqual([true, false, true, false])
    quota.end(visitor(1))
    expect(quota.begin(visitor(3))).toBe(true)
    quota.end(visitor(2))
    quota.end(visitor(3))
    let begun = 3
    for (let index = 0; index < 3000; index += 1) {
      if (quota.begin(visitor(100 + (index % 100)))) begun += 1
      quota.end(visitor(100 + (index % 100)))
    }
    expect(begun).toBe(1920)
  })
})
