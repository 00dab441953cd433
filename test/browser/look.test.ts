import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { createLook } from '../../src/browser/state/look.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

function look() {
  const created = createLook()
  onTestFinished(created.stop)
  return created
}

test('without a connection one is looked for ten seconds', () => {
  const { settled } = look()
  vi.advanceTimersByTime(9_900)
  expect(settled.value).toBe(false)
  vi.advanceTimersByTime(100)
  expect(settled.value).toBe(true)
})

test('once connected the others are looked for three seconds, in a new room as well', () => {
  const { settled, beginConnected } = look()
  vi.advanceTimersByTime(500)
  beginConnected()
  vi.advanceTimersByTime(2_900)
  expect(settled.value).toBe(false)
  vi.advanceTimersByTime(100)
  expect(settled.value).toBe(true)
  beginConnected()
  expect(settled.value).toBe(false)
  vi.advanceTimersByTime(3_000)
  expect(settled.value).toBe(true)
})

test('a look that was stopped ends no more', () => {
  const { settled, stop } = look()
  stop()
  vi.advanceTimersByTime(60_000)
  expect(settled.value).toBe(false)
})
