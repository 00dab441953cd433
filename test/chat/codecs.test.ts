import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  ByteWriter,
  concatBytes,
  decodeWith,
  encodeUtf8,
  expectValue,
  toHex,
  UsageError
} from '../../src/core/bytes/index.ts'
import {
  decodeContent,
  DELETION_KIND,
  EDIT_KIND,
  encodeContent,
  MAX_TEXT_BYTES,
  MESSAGE_KIND,
  parseText,
  type Content
} from '../../src/core/chat/room/content.ts'
import { openExchange, sealExchange, type ExchangeMessage } from '../../src/core/chat/online/exchange-codec.ts'
import { decodeLink, encodeOpenRoomLink } from '../../src/core/chat/invite-link.ts'
import {
  addSequence,
  coversSequence,
  mergeRanges,
  readRanges,
  writeRanges
} from '../../src/core/chat/room/sequence-ranges.ts'
import { MAX_CONTENT_BYTES, type EpochId } from '../../src/core/encryption/index.ts'
import { CERTIFICATE_BYTES, type DeviceId, type DisplayName } from '../../src/core/identity/index.ts'
import type { EntryId } from '../../src/core/log/index.ts'
import type { PeerId } from '../../src/core/network/index.ts'
import { hostileBytes } from '../support/hostile-bytes.ts'
import { seededRandom } from '../support/seeded-random.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const ids = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(id => Buffer.from(id).toString('hex') as EntryId)
const ranges = fc
  .uniqueArray(fc.integer({ min: 1, max: 500 }), { maxLength: 40 })
  .map(numbers => numbers.reduce(addSequence, [] as readonly { from: number; to: number }[]))
const text = fc.string({ unit: 'binary', maxLength: 400 }).filter(each => each.isWellFormed())

describe('content', () => {
  const common = fc
    .record({
      certificate: fc.option(bytes(CERTIFICATE_BYTES), { nil: undefined }),
      opening: fc.option(bytes(16), { nil: undefined })
    })
    .map(({ certificate, opening }) => ({
      ...(certificate && { profile: { certificate, nick: 'Anna' as DisplayName } }),
      ...(opening && { opening })
    }))
  const device = ids.map(id => id as string as DeviceId)
  const kind = fc.integer({ min: 0, max: 255 }).filter(each => each !== DELETION_KIND)
  const authorship = fc.record({ id: ids, device, sequence: fc.maxSafeNat(), kind, opening: bytes(16) })
  const said = fc.oneof(
    text.map(words => ({ kind: MESSAGE_KIND, text: words }) as const),
    fc.record({ kind: fc.constant(EDIT_KIND), text, target: ids }),
    fc.record({ kind: fc.constant(DELETION_KIND), targets: fc.array(authorship, { minLength: 1, maxLength: 64 }) })
  )
  const contents = fc.tuple(common, said).map(([shared, words]): Content => ({ ...shared, ...words }))

  test('round-trips', () => {
    fc.assert(
      fc.property(contents, content => {
        expect(decodeContent(content.kind, encodeContent(content))).toEqual({ ok: true, value: content })
      })
    )
  })

  test.each([MESSAGE_KIND, EDIT_KIND, DELETION_KIND])('of kind %d survives 20,000 random and mutated inputs', kind => {
    const samples = fc.sample(contents, { numRuns: 60, seed: 3 }).filter(content => content.kind === kind)
    const outcomes = new Set<boolean>()
    for (const hostile of hostileBytes(samples.map(encodeContent))) outcomes.add(decodeContent(kind, hostile).ok)
    expect(outcomes.has(false)).toBe(true)
  })

  test('of an edit or a deletion that is none is refused', () => {
    const field = (type: number, value: Uint8Array): Uint8Array => new ByteWriter().u8(type).longBytes(value).finish()
    const words = field(1, encodeUtf8('x'))
    expect(decodeContent(EDIT_KIND, words)).toEqual({ ok: false, error: 'an edit of nothing' })
    expect(decodeContent(EDIT_KIND, concatBytes([words, field(2, new Uint8Array(31))])).ok).toBe(false)
    expect(decodeContent(DELETION_KIND, words)).toEqual({ ok: false, error: 'a deletion of nothing' })
    for (const targets of [
      [0],
      [65, ...new Uint8Array(65 * 89)],
      [1, ...new Uint8Array(88)],
      [1, ...new Uint8Array(90)],
      // A deletion to erase: its kind stands behind id, device and sequence.
      [1, ...new Uint8Array(89).fill(DELETION_KIND, 72, 73)]
    ]) {
      expect(decodeContent(DELETION_KIND, field(3, Uint8Array.from(targets))).ok).toBe(false)
    }
    expect(decodeContent(MESSAGE_KIND, concatBytes([words, field(130, new Uint8Array(15))])).ok).toBe(false)
  })

  test('of later versions is read as far as it is known', () => {
    const later = new ByteWriter().u8(1).longBytes(encodeUtf8('hello')).u8(77).longBytes(Uint8Array.of(1)).finish()
    expect(decodeContent(1, later)).toEqual({ ok: true, value: { kind: 1, text: 'hello' } })
    expect(decodeContent(9, later)).toEqual({ ok: true, value: { kind: 0 } })
  })

  test('leaves out a nickname that may not be shown', () => {
    const profile = { certificate: new Uint8Array(CERTIFICATE_BYTES), nick: 'an\u202ena' as DisplayName }
    const decoded = decodeContent(1, encodeContent({ kind: 1, text: 'x', profile }))
    expect(decoded.ok && decoded.value.profile?.nick).toBeUndefined()
  })

  test('holds the longest text with a profile, and no longer one', () => {
    const longest = 'x'.repeat(MAX_TEXT_BYTES)
    const profile = { certificate: new Uint8Array(CERTIFICATE_BYTES), nick: 'n'.repeat(64) as DisplayName }
    expect(parseText(longest)).toBe(longest)
    expect(encodeContent({ kind: 1, text: longest, profile }).length).toBeLessThan(MAX_CONTENT_BYTES)
    expect(() => parseText(`${longest}x`)).toThrow(UsageError)
    expect(() => parseText(' \n')).toThrow('a message must not be empty')
  })
})

describe('exchange messages', () => {
  const keys = { tag: new Uint8Array(16).fill(1), sealKey: new Uint8Array(32).fill(2) }
  const direction = { from: 'a' as PeerId, to: 'b' as PeerId }
  const profiles = fc.record({
    certificate: bytes(CERTIFICATE_BYTES),
    nick: fc.constantFrom(undefined, 'Anna' as DisplayName)
  })
  const hello = fc.record({
    role: fc.constantFrom('member' as const, 'keeper' as const, 'full-keeper' as const),
    time: fc.nat(2 ** 48 - 1),
    certificate: bytes(CERTIFICATE_BYTES),
    nick: fc.constantFrom(undefined, 'Anna' as DisplayName),
    signature: bytes(64)
  })
  const messages: fc.Arbitrary<ExchangeMessage> = fc.oneof(
    hello.map(value => ({ kind: 'hello' as const, hello: value })),
    fc.record({ kind: fc.constant('fetch' as const), ids: fc.array(ids, { maxLength: 64 }), context: fc.nat(128) }),
    fc.record({ kind: fc.constant('acknowledge' as const), acknowledgement: fc.uint8Array({ maxLength: 300 }) }),
    fc.record({ kind: fc.constant('entry' as const), entry: fc.uint8Array({ maxLength: 600 }) }),
    profiles.map(profile => ({ kind: 'introduce' as const, profile })),
    fc.record({ kind: fc.constant('erased' as const), header: fc.uint8Array({ maxLength: 300 }) }),
    fc.constant({ kind: 'sync' as const }),
    fc.record({
      kind: fc.constant('lack' as const),
      lacked: fc.record({
        isBehind: fc.boolean(),
        epochs: fc.array(
          bytes(16).map(each => toHex(each) as EpochId),
          { maxLength: 256 }
        )
      })
    }),
    fc.record({ kind: fc.constant('hand-over' as const), part: fc.uint8Array({ maxLength: 300 }) })
  )

  test('round-trip in their own direction only', () => {
    fc.assert(
      fc.property(messages, fc.nat(), (message, seed) => {
        const frame = sealExchange(keys, direction, message, seededRandom(seed))
        expect(openExchange([keys], direction, frame)).toEqual({ ok: true, value: message })
        const back = { from: direction.to, to: direction.from }
        expect(openExchange([keys], back, frame)).toEqual({ ok: false, error: 'a seal that does not open' })
        expect(openExchange([], direction, frame)).toEqual({ ok: false, error: 'a tag of no room here' })
      })
    )
  })

  test('survive 20,000 random and mutated frames, sealed and unsealed', () => {
    const sample = fc.sample(messages, { numRuns: 20, seed: 4 })
    const frames = sample.map((message, seed) => sealExchange(keys, direction, message, seededRandom(seed)))
    for (const frame of hostileBytes(frames, 10_000))
      expect(openExchange([keys], direction, frame).ok).toBe(frames.some(each => Buffer.compare(each, frame) === 0))
    const outcomes = new Set<boolean>()
    const entry = new Uint8Array(300)
    for (const inside of hostileBytes([entry], 10_000, 2)) {
      const frame = sealExchange(keys, direction, { kind: 'entry', entry: inside }, seededRandom(1))
      outcomes.add(openExchange([keys], direction, frame).ok)
    }
    expect(outcomes).toEqual(new Set([true]))
  })
})

describe('sequence ranges', () => {
  test('cover exactly what was added', () => {
    const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 100 }), { maxLength: 60 })
    fc.assert(
      fc.property(numbers, list => {
        const held = list.reduce(addSequence, [] as readonly { from: number; to: number }[])
        for (let each = 1; each <= 100; each += 1) expect(coversSequence(held, each)).toBe(list.includes(each))
      })
    )
  })

  test('are told whole again once holes have closed, however many there were', () => {
    const [even, odd] = [2, 1].map(first => Array.from({ length: 500 }, (_, index) => first + 2 * index))
    const half = (even ?? []).reduce(addSequence, [] as readonly { from: number; to: number }[])
    const told = expectValue(decodeWith(writeRanges(new ByteWriter(), half).finish(), readRanges))
    expect(told).toEqual(half.slice(-64))
    expect((odd ?? []).reduce(addSequence, half)).toEqual([{ from: 1, to: 1000 }])
  })

  test('merge to all that either covers', () => {
    fc.assert(
      fc.property(ranges, ranges, (a, b) => {
        const merged = mergeRanges(a, b)
        for (let each = 1; each <= 500; each += 1) {
          expect(coversSequence(merged, each)).toBe(coversSequence(a, each) || coversSequence(b, each))
        }
      })
    )
  })

  test('round-trip, and survive 20,000 hostile inputs', () => {
    const encode = (held: Parameters<typeof writeRanges>[1]) => writeRanges(new ByteWriter(), held).finish()
    fc.assert(
      fc.property(ranges, held => {
        expect(decodeWith(encode(held), readRanges)).toEqual({ ok: true, value: held })
      })
    )
    for (const hostile of hostileBytes(fc.sample(ranges, { numRuns: 10, seed: 5 }).map(encode))) {
      const held = decodeWith(hostile, readRanges)
      if (held.ok) expect(encode(held.value)).toEqual(hostile)
    }
  })
})

describe('links into open rooms', () => {
  const link = { name: 'Starlings ✨', addresses: ['/ip4/127.0.0.1/tcp/4001/ws/p2p/12D3KooWExamp1e'] }

  test.each([undefined, 'https://chat.example/', 'http://127.0.0.1:8080/?profile=b#/room/x'])(
    'round-trip through %j',
    web => {
      const encoded = encodeOpenRoomLink(link, web)
      expect(encoded.startsWith(web?.replace(/#.*/, '') ?? 'starling:open/')).toBe(true)
      expect(decodeLink(encoded, 0)).toEqual({ ok: true, value: { kind: 'open', ...link } })
      expect(decodeLink(`  ${encoded}\n`, 0)).toEqual({ ok: true, value: { kind: 'open', ...link } })
    }
  )

  test('that are cut off anywhere say so', () => {
    const whole = encodeOpenRoomLink(link)
    for (let length = 'starling:open/'.length; length < whole.length; length += 1) {
      expect(decodeLink(whole.slice(0, length), 0)).toEqual({
        ok: false,
        error: 'this link is cut off or mistyped: copy it again, whole'
      })
    }
  })

  test.each([undefined, 'https://chat.example/'])('are found among other words, at %j', web => {
    const encoded = encodeOpenRoomLink(link, web)
    for (const text of [`Come in: ${encoded} (today)`, `<${encoded}>`, `${encoded}.`]) {
      expect(decodeLink(text, 0)).toEqual({ ok: true, value: { kind: 'open', ...link } })
    }
  })

  test('of other kinds get sentences of their own', () => {
    expect(decodeLink('https://example.org', 0)).toMatchObject({
      error: expect.stringContaining('not a Starling link')
    })
    expect(decodeLink('starling:open/AgAAAAAAAAAA', 0)).toMatchObject({
      error: expect.stringContaining('newer version')
    })
  })

  test('survive 20,000 hostile inputs', () => {
    const whole = encodeUtf8(encodeOpenRoomLink(link))
    let opened = 0
    for (const hostile of hostileBytes([whole])) {
      const decoded = decodeLink(new TextDecoder().decode(hostile), 0)
      if (decoded.ok) opened += 1
    }
    expect(opened).toBeLessThan(20_000)
  })
})
