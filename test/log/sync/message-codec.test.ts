import { describe, expect, test } from 'vitest'
import {
  decodeMessage,
  decodeSyncFrame,
  encodeMessage,
  encodeSyncFrame,
  HIGHEST,
  MAX_FRAME_IDS,
  type EntryId,
  type SyncFrame,
  type SyncRange
} from '../../../src/core/log/index.ts'
import { hostileBytes } from '../../support/hostile-bytes.ts'

const ID = 'ab'.repeat(32) as EntryId
const OTHER = '01'.repeat(32) as EntryId
const FINGERPRINT = Uint8Array.from({ length: 16 }, (_, index) => index)
const LARGEST = Number.MAX_SAFE_INTEGER

const RANGES: readonly SyncRange[] = [
  { kind: 'skip', upper: { ms: 1_790_000_000_000, prefix: '' } },
  { kind: 'fingerprint', upper: { ms: 1_790_000_000_000, prefix: '7f03' }, fingerprint: FINGERPRINT },
  { kind: 'ids', upper: { ms: 1_790_000_000_001, prefix: ID }, ids: [ID, OTHER] },
  { kind: 'ids', upper: { ms: LARGEST - 1, prefix: '' }, ids: [] },
  { kind: 'fingerprint', upper: HIGHEST, fingerprint: FINGERPRINT }
]

const FRAMES: readonly SyncFrame[] = [
  { kind: 'open', class: 'control', from: { ms: 0, prefix: '' }, count: 0 },
  { kind: 'open', class: 'chat', from: { ms: 1_790_000_000_000, prefix: 'ab' }, count: LARGEST },
  { kind: 'raise', from: { ms: 5, prefix: ID }, isOlderLeft: true },
  { kind: 'reconcile', bytes: encodeMessage(RANGES) },
  { kind: 'want', ids: [ID, OTHER] },
  { kind: 'offer', ids: [] },
  { kind: 'companion', bytes: FINGERPRINT },
  { kind: 'entry', bytes: FINGERPRINT },
  { kind: 'erased', bytes: FINGERPRINT },
  { kind: 'done' }
]

describe('messages', () => {
  test('come back as they were', () => {
    expect(decodeMessage(encodeMessage(RANGES))).toEqual({ ok: true, value: { version: 1, ranges: RANGES } })
  })

  test('of another version have no ranges, whatever follows', () => {
    expect(decodeMessage(Uint8Array.of(0x62, 1, 2, 3))).toEqual({ ok: true, value: { version: 2, ranges: [] } })
  })

  test.each([
    ['nothing at all', [], 'cut off'],
    ['no version byte', [0x50], 'no version byte'],
    ['a mode that there is not', [0x61, 0, 0, 3], 'a range of mode 3'],
    ['a bound without its bytes', [0x61, 5, 2, 1], 'cut off'],
    ['a bound of 33 bytes', [0x61, 5, 33, ...ones(33), 0], 'a bound of 33 bytes'],
    ['bounds that go down', [0x61, 5, 1, 9, 0, 1, 1, 8, 0], 'bounds out of order'],
    ['a bound above the infinite one', [0x61, 0, 0, 0, 5, 0, 0], 'a bound above the last one'],
    ['a fingerprint of 15 bytes', [0x61, 0, 0, 1, ...ones(15)], 'cut off'],
    ['more ids than bytes', [0x61, 0, 0, 2, 2, ...ones(32)], '2 ids in 32 bytes'],
    ['an endless number of ids', [0x61, 0, 0, 2, 0xff, 0xff, 0xff, 0xff, 0x7f], '34359738367 ids in 0 bytes'],
    ['ids of 31 bytes', [0x61, 0, 0, 2, 1, ...ones(31)], '1 ids in 31 bytes'],
    ['ids of 33 bytes', [0x61, 0, 0, 2, 1, ...ones(33)], 'cut off'],
    ['an integer of 2^53', [0x61, 0x90, ...Array<number>(6).fill(0x80), 0, 0, 0], 'an integer of 2^53 or more'],
    ['an integer without an end', [0x61, ...Array<number>(20).fill(0xff)], 'an integer of 2^53 or more'],
    ['an integer with leading zeros', [0x61, 0x80, 5, 0, 0], 'an integer with leading zeros'],
    ['times that add up to 2^53', [0x61, ...largest(), 0, 0, ...largest(), 0, 0], 'a time of 2^53 or more'],
    ['endless ranges', [0x61, ...Array.from({ length: 5000 }, () => [1, 0, 0]).flat()], 'more than 4096 ranges']
  ])('with %s are refused', (_, bytes, error) => {
    expect(decodeMessage(Uint8Array.from(bytes))).toEqual({ ok: false, error })
  })

  test('that are hostile are refused or read, never thrown', () => {
    for (const bytes of hostileBytes([encodeMessage(RANGES)])) {
      const message = decodeMessage(bytes)
      if (!message.ok || message.value.version !== 1) continue
      expect(encodeMessage(message.value.ranges)).toEqual(bytes)
    }
  })
})

describe('frames', () => {
  test.each(FRAMES)('of kind $kind come back as they were', frame => {
    expect(decodeSyncFrame(encodeSyncFrame(frame))).toEqual({ ok: true, value: frame })
  })

  test('with more ids than may be are refused', () => {
    const frame = encodeSyncFrame({ kind: 'want', ids: Array<EntryId>(MAX_FRAME_IDS + 1).fill(ID) })
    expect(decodeSyncFrame(frame)).toEqual({ ok: false, error: '257 ids' })
  })

  test('that are hostile are refused or read, never thrown', () => {
    for (const bytes of hostileBytes(FRAMES.map(encodeSyncFrame))) {
      const frame = decodeSyncFrame(bytes)
      if (!frame.ok) continue
      expect(encodeSyncFrame(frame.value)).toEqual(bytes)
    }
  })
})

function ones(length: number): number[] {
  return Array<number>(length).fill(1)
}

/** 2^53 - 1 as a varint. */
function largest(): number[] {
  return [0x8f, ...Array<number>(6).fill(0xff), 0x7f]
}
