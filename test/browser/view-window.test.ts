import { expect, test } from 'vitest'
import {
  followNewest,
  MAX_IN_PAGE,
  newestWindow,
  shiftBy,
  slideDown,
  slideUp
} from '../../src/browser/state/view-window.ts'

test('sliding up through ten thousand messages and down again shows each of them, and never too many', () => {
  const count = 10_000
  const seen = new Set<number>()
  let window = newestWindow(count)
  const look = () => {
    for (let index = window.start; index < window.end; index++) seen.add(index)
    expect(window.end - window.start).toBeLessThanOrEqual(MAX_IN_PAGE)
  }
  while (window.start > 0) {
    window = slideUp(window)
    look()
  }
  expect(seen.size).toBe(count)
  while (window.end < count) {
    window = slideDown(window, count)
    look()
  }
  expect(window.end).toBe(count)
})

test('each slide leaves something of what was in view', () => {
  const window = { start: 500, end: 700 }
  expect(slideUp(window)).toEqual({ start: 450, end: 650 })
  expect(slideDown(window, 1000)).toEqual({ start: 550, end: 750 })
})

test('messages that arrive above do not change what is shown', () => {
  expect(shiftBy({ start: 0, end: 100 }, 50)).toEqual({ start: 50, end: 150 })
})

test('who follows the newest message keeps a bounded page', () => {
  expect(followNewest({ start: 0, end: 199 }, 201)).toEqual({ start: 1, end: 201 })
})
