import { expect, test } from 'vitest'
import { groupMessages } from '../../src/browser/state/grouping.ts'

const NOON = new Date(2026, 10, 20, 12).getTime()
const MINUTE = 60_000

function said(author: string, minutes: number) {
  const id = `${author}-${minutes}`
  const time = NOON + minutes * MINUTE
  return { room: 'r', id, order: String(time), author, nick: author, time, text: id, own: false }
}

function kindsOf(messages: Parameters<typeof groupMessages>[0], newFrom?: string): string[] {
  return groupMessages(messages, newFrom).map(row => (row.kind === 'block' ? String(row.messages.length) : row.kind))
}

test('messages of one author within five minutes of each other form a block', () => {
  expect(kindsOf([said('ann', 0), said('ann', 4), said('ann', 8)])).toEqual(['day', '3'])
  expect(kindsOf([said('ann', 0), said('ann', 5)])).toEqual(['day', '1', '1'])
})

test('another author ends a block, and the first one begins a new one after that', () => {
  expect(kindsOf([said('ann', 0), said('bo', 1), said('ann', 2)])).toEqual(['day', '1', '1', '1'])
})

test('a day has a line, also within a block', () => {
  expect(kindsOf([said('ann', 719), said('ann', 721)])).toEqual(['day', '1', 'day', '1'])
})

test('the line for what is new parts a block', () => {
  expect(kindsOf([said('ann', 0), said('ann', 1), said('ann', 2)], 'ann-1')).toEqual(['day', '1', 'new', '2'])
})

test('nothing is left out and no key comes twice in a room of many authors and days', () => {
  const messages = Array.from({ length: 500 }, (_, index) => said(`m${(index * 7) % 5}`, index * 3))
  const rows = groupMessages(messages, 'm2-30')
  expect(rows.flatMap(row => (row.kind === 'block' ? row.messages : []))).toEqual(messages)
  expect(new Set(rows.map(row => row.key)).size).toBe(rows.length)
})
