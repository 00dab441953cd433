import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concatBytes, sealWithNonce } from '../../src/core/bytes/index.ts'
import {
  BODY_SIZES,
  compareHybridTimes,
  createEntry,
  decodeEntry,
  encodeEntry,
  isAhead,
  MAX_CLOCK_AHEAD,
  MAX_GOSSIP_BYTES,
  MAX_NOTE_BYTES,
  nextHybridTime,
  openGossip,
  orderKeyOf,
  sealGossip,
  type Gossip,
  type Entry,
  type HybridTime
} from '../../src/core/log/index.ts'
import { NOON } from '../support/cast.ts'
import { hostileBytes } from '../support/hostile-bytes.ts'
import { seededRandom } from '../support/seeded-random.ts'

const times = fc.record({ ms: fc.integer({ min: 0, max: 2 ** 48 - 1 }), counter: fc.integer({ min: 0, max: 65_535 }) })
const extensions = fc
  .uniqueArray(fc.record({ type: fc.nat(255), value: fc.uint8Array({ maxLength: 40 }) }), {
    selector: extension => extension.type,
    maxLength: 5
  })
  .map(list => list.toSorted((a, b) => a.type - b.type))
const starts = fc.record({
  class: fc.constantFrom('control', 'chat'),
  epoch: fc.uint8Array({ minLength: 16, maxLength: 16 }),
  clock: times,
  extensions,
  salt: fc.uint8Array({ minLength: 16, maxLength: 16 })
})
const entries = fc
  .tuple(starts, fc.constantFrom(...BODY_SIZES.slice(0, 3)), fc.integer())
  .map(([start, size, seed]) => createEntry(start as never, seededRandom(seed)(size)))

const keys = { sealKey: new Uint8Array(32).fill(1), nonceKey: new Uint8Array(32).fill(2) }

function sample(): Entry {
  const start = { class: 'chat', epoch: new Uint8Array(16), clock: { ms: NOON, counter: 0 } } as const
  return createEntry({ ...start, extensions: [], salt: new Uint8Array(16) }, new Uint8Array(512))
}

describe('entries', () => {
  test('round-trip, extensions and all', () => {
    fc.assert(
      fc.property(entries, entry => {
        expect(decodeEntry(encodeEntry(entry))).toEqual({ ok: true, value: entry })
      })
    )
  })

  test('survive 20,000 random and mutated inputs: what decodes is exactly what was encoded', () => {
    const valid = fc.sample(entries, { numRuns: 20, seed: 7 }).map(encodeEntry)
    let decoded = 0
    for (const bytes of hostileBytes(valid)) {
      const entry = decodeEntry(bytes)
      if (!entry.ok) continue
      decoded += 1
      expect(encodeEntry(entry.value)).toEqual(bytes)
    }
    expect(decoded).toBeLessThan(20_000)
  })

  test('with a wrong body, another version, class or size are refused', () => {
    const bytes = encodeEntry(sample())
    const changed = (at: number, value: number): Uint8Array => bytes.with(at, value)
    expect(decodeEntry(changed(bytes.length - 1, 9))).toEqual({
      ok: false,
      error: 'a body that does not fit its header'
    })
    expect(decodeEntry(changed(0, 2))).toEqual({ ok: false, error: 'an entry of another version' })
    expect(decodeEntry(changed(1, 3))).toEqual({ ok: false, error: 'an entry of class 3' })
    expect(decodeEntry(changed(79, 1))).toEqual({ ok: false, error: 'a body of 513 bytes' })
  })

  test('sort by clock, then id', () => {
    fc.assert(
      fc.property(entries, entries, (a, b) => {
        const byClock = compareHybridTimes(a.header.clock, b.header.clock) || (a.id < b.id ? -1 : 1)
        fc.pre(a.id !== b.id)
        expect(orderKeyOf(a) < orderKeyOf(b)).toBe(byClock < 0)
      })
    )
  })
})

describe('gossip frames', () => {
  const gossips: fc.Arbitrary<Gossip> = fc.oneof(
    entries.map(entry => ({ kind: 'entry' as const, entry })),
    fc.uint8Array({ maxLength: MAX_NOTE_BYTES }).map(note => ({ kind: 'note' as const, note }))
  )

  test('open to the same entry or note, and the same one makes the same message', () => {
    fc.assert(
      fc.property(gossips, gossip => {
        const message = sealGossip(keys, gossip)
        expect(sealGossip(keys, gossip)).toEqual(message)
        expect(openGossip(keys, message)).toEqual({ ok: true, value: gossip })
        expect(message.length).toBeLessThanOrEqual(MAX_GOSSIP_BYTES)
      }),
      { numRuns: 50 }
    )
  })

  test('survive 20,000 random and mutated inputs: none opens', () => {
    const valid = fc.sample(gossips, { numRuns: 20, seed: 8 }).map(gossip => sealGossip(keys, gossip))
    for (const message of hostileBytes(valid)) {
      const opened = openGossip(keys, message)
      if (opened.ok) expect(sealGossip(keys, opened.value)).toEqual(message)
      else expect(opened.error).toBe('broken')
    }
  })

  test('with a note that is too long, or under the nonce of another, are broken', () => {
    const long = { kind: 'note', note: new Uint8Array(MAX_NOTE_BYTES + 1) } as const
    expect(openGossip(keys, sealGossip(keys, long))).toEqual({ ok: false, error: 'broken' })
    const nonce = new Uint8Array(24)
    const sealed = sealWithNonce(keys.sealKey, nonce, new Uint8Array(9))
    expect(openGossip(keys, concatBytes([nonce, sealed]))).toEqual({ ok: false, error: 'broken' })
  })

  test('of another day do not open', () => {
    const other = { ...keys, sealKey: new Uint8Array(32).fill(3) }
    const message = sealGossip(keys, { kind: 'entry', entry: sample() })
    expect(openGossip(other, message)).toEqual({ ok: false, error: 'broken' })
  })
})

describe('the hybrid clock', () => {
  test('stands above all it has seen and not below the wall clock', () => {
    fc.assert(
      fc.property(fc.array(times, { maxLength: 8 }), fc.integer({ min: 0, max: 2 ** 47 }), (seen, now) => {
        fc.pre(seen.every(time => time.ms < 2 ** 48 - 2))
        const next = nextHybridTime(now, seen)
        for (const time of seen) expect(compareHybridTimes(next, time)).toBeGreaterThan(0)
        expect(next.ms).toBeGreaterThanOrEqual(now)
      })
    )
  })

  test('moves on to the next millisecond when its counter is used up', () => {
    expect(nextHybridTime(5, [{ ms: 9, counter: 65_535 }])).toEqual({ ms: 10, counter: 0 })
  })

  test('is ahead beyond five minutes', () => {
    const at = (ms: number): HybridTime => ({ ms, counter: 0 })
    expect(isAhead(at(NOON + MAX_CLOCK_AHEAD), NOON)).toBe(false)
    expect(isAhead(at(NOON + MAX_CLOCK_AHEAD + 1), NOON)).toBe(true)
  })
})
