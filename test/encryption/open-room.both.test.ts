import { describe, expect, test } from 'vitest'
import { expectValue } from '../../src/core/bytes/index.ts'
import {
  DAY,
  dayOf,
  daysAt,
  exchangeKeys,
  gossipKeys,
  gossipTopic,
  meetingKey,
  openRoom
} from '../../src/core/encryption/index.ts'

const room = (name: string) => expectValue(openRoom(name))

describe('open rooms', () => {
  test.each([
    ['Starlings', ' starlings '],
    ['Straße', 'STRASSE'],
    ['caf\u00e9', 'cafe\u0301'],
    ['a  b', 'A b']
  ])('%j and %j are the same room', (a, b) => {
    expect(room(a).roomId).toBe(room(b).roomId)
    expect(room(a).rendezvousSecrets()[0]).toEqual(room(b).rendezvousSecrets()[0])
  })

  test('of different names share nothing', () => {
    expect(room('starlings').roomId).not.toBe(room('starling').roomId)
    expect(room('cafe').roomId).not.toBe(room('café').roomId)
  })

  test('have one epoch, whose key opens chat and nothing else', () => {
    const { epochs } = room('starlings')
    expect(epochs.contentKey('chat', epochs.current())).toHaveLength(32)
    expect(epochs.contentKey('control', epochs.current())).toBeUndefined()
    expect(epochs.contentKey('chat', new Uint8Array(16))).toBeUndefined()
  })

  test.each([
    ['', 'a room name must not be empty'],
    ['x'.repeat(101), 'a room name must not be longer than 100 characters'],
    ['a\u0000b', 'a room name must not contain control, invisible or text-direction characters'],
    ['a\u202eb', 'a room name must not contain control, invisible or text-direction characters']
  ])('are not made of the name %j', (name, error) => {
    expect(openRoom(name)).toEqual({ ok: false, error })
  })
})

describe('rendezvous', () => {
  const secret = room('starlings').rendezvousSecrets()[0]

  test('names differ by use and by day', () => {
    const names = [20_000, 20_001].flatMap(day => [
      gossipTopic(secret, day),
      String(meetingKey(secret, day)),
      String(gossipKeys(secret, day).sealKey),
      String(gossipKeys(secret, day).nonceKey),
      String(exchangeKeys(secret, day).sealKey),
      String(exchangeKeys(secret, day).tag)
    ])
    expect(new Set(names).size).toBe(12)
  })

  test('members listen to a neighbouring day from ten minutes before midnight until two hours after', () => {
    const midnight = 20_000 * DAY
    const minute = 60_000
    expect(daysAt(midnight - 11 * minute)).toEqual([19_999])
    expect(daysAt(midnight - 10 * minute)).toEqual([19_999, 20_000])
    expect(daysAt(midnight)).toEqual([19_999, 20_000])
    expect(daysAt(midnight + 119 * minute)).toEqual([19_999, 20_000])
    expect(daysAt(midnight + 120 * minute)).toEqual([20_000])
    expect(dayOf(midnight - 1)).toBe(19_999)
  })
})
