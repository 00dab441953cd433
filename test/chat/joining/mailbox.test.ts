import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Mailbox } from '../../../src/core/chat/keeper/mailbox.ts'
import {
  decodeLeaveAnswer,
  decodeLetters,
  decodeMailboxAsk,
  encodeLeaveAnswer,
  encodeLetters,
  encodeMailboxAsk,
  MAX_BOX_LETTERS,
  MAX_LETTER_BYTES,
  MAX_MAILBOX_ANSWER_BYTES,
  MAX_MAILBOX_ASK_BYTES,
  type MailboxAsk
} from '../../../src/core/chat/keeper/mailbox-codec.ts'
import { mailboxSpace } from '../../../src/core/chat/keeper/quota.ts'
import type { PeerId } from '../../../src/core/network/index.ts'
import { NOON } from '../../support/cast.ts'
import { hostileBytes } from '../../support/hostile-bytes.ts'
import { memoryStorage } from '../../support/memory-storage.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const DAY = 86_400_000
const random = seededRandom(5)

function opened(space = 2 ** 30) {
  const clock = new VirtualClock(NOON)
  const { records } = memoryStorage()
  const mailbox = new Mailbox({ records, clock, space: () => space })
  return { clock, records, mailbox }
}

let peers = 0
function somebody(): PeerId {
  peers += 1
  return `peer-${peers}` as PeerId
}

describe('a mailbox', () => {
  test('hands out what was left under the tag, those first that were left first, each once', async () => {
    const { mailbox, clock } = opened()
    const [tag, other] = [random(32), random(32)]
    const letters = [random(100), random(1), random(3000)]
    for (const letter of [...letters, ...letters]) {
      expect(await mailbox.leave(tag, letter, somebody())).toBe('kept')
      clock.advance(1000)
    }
    expect(await mailbox.look(tag)).toEqual(letters)
    expect(await mailbox.look(other)).toEqual([])
  })

  test('takes so many letters under one tag, and no more: those that are there stay', async () => {
    const { mailbox } = opened()
    const tag = random(32)
    const letters = Array.from({ length: MAX_BOX_LETTERS }, () => random(50))
    for (const letter of letters) expect(await mailbox.leave(tag, letter, somebody())).toBe('kept')
    expect(await mailbox.leave(tag, random(50), somebody())).toBe('full')
    expect(await mailbox.look(tag)).toEqual(letters)
    const large = random(32)
    const answers = []
    for (let count = 0; count < 4; count += 1)
      answers.push(await mailbox.leave(large, random(MAX_LETTER_BYTES), somebody()))
    expect(answers).toEqual(['kept', 'kept', 'kept', 'full'])
  })

  test('takes so much of one peer in a day, under however many tags, and of others meanwhile', async () => {
    const { mailbox, clock } = opened()
    const [eve, mallory] = [somebody(), somebody()]
    const leave = async (from: PeerId, count: number, length: number) => {
      const answers = []
      for (let left = count; left > 0; left -= 1) answers.push(await mailbox.leave(random(32), random(length), from))
      return answers.filter(answer => answer === 'kept').length
    }
    expect(await leave(eve, 100, 10)).toBe(64)
    expect(await leave(mallory, 20, MAX_LETTER_BYTES)).toBe(15)
    expect(await leave(somebody(), 3, 10)).toBe(3)
    clock.advance(DAY)
    expect(await leave(eve, 100, 10)).toBe(64)
  })

  test('ends at its space, at what may be in all, and with the time of what is in it', async () => {
    const small = opened(1000)
    expect(await small.mailbox.leave(random(32), random(500), somebody())).toBe('kept')
    expect(await small.mailbox.leave(random(32), random(500), somebody())).toBe('full')
    small.clock.advance(14 * DAY - 1)
    await small.mailbox.dropOld()
    expect(small.mailbox.bytes).toBeGreaterThan(500)
    small.clock.advance(1)
    await small.mailbox.dropOld()
    expect(small.mailbox.bytes).toBe(0)
    expect(await small.records.list('')).toEqual([])
    expect(await small.mailbox.leave(random(32), random(500), somebody())).toBe('kept')

    const { mailbox } = opened()
    let kept = 0
    for (let count = 0; count < 8200; count += 1) {
      if ((await mailbox.leave(random(32), random(1), somebody())) === 'kept') kept += 1
    }
    expect(kept).toBe(8192)
    let rooms = 0
    const space = mailboxSpace(2 ** 20, () => rooms)
    expect(space()).toBe(2 ** 16)
    rooms = 2 ** 20 - 100
    expect(space()).toBe(100)
    expect(mailboxSpace(2 ** 40, () => 0)()).toBe(16 * 2 ** 20)
  })

  test('has after a restart what it had, for what is left of its time', async () => {
    const { mailbox, clock, records } = opened()
    const [tag, letter] = [random(32), random(700)]
    await mailbox.leave(tag, letter, somebody())
    clock.advance(10 * DAY)
    const again = new Mailbox({ records, clock, space: () => 2 ** 20 })
    await again.load()
    expect([again.bytes, await again.look(tag)]).toEqual([mailbox.bytes, [letter]])
    clock.advance(4 * DAY)
    expect(await again.look(tag)).toEqual([])
    const late = new Mailbox({ records, clock, space: () => 2 ** 20 })
    await late.load()
    expect([late.bytes, await records.list('')]).toEqual([0, []])
  })

  test('keeps a letter that is left again for its time from then on', async () => {
    const { mailbox, clock } = opened()
    const [tag, letter] = [random(32), random(700)]
    await mailbox.leave(tag, letter, somebody())
    const { bytes } = mailbox
    clock.advance(10 * DAY)
    expect(await mailbox.leave(tag, letter, somebody())).toBe('kept')
    expect(mailbox.bytes).toBe(bytes)
    clock.advance(10 * DAY)
    expect(await mailbox.look(tag)).toEqual([letter])
  })
})

describe('what is said to a mailbox', () => {
  const bytes = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength })
  const asks: fc.Arbitrary<MailboxAsk> = fc.oneof(
    fc.record({ kind: fc.constant('look'), tag: bytes(32, 32) }),
    fc.record({ kind: fc.constant('leave'), tag: bytes(32, 32), letter: bytes(1, 2000) })
  )
  const boxes = fc.array(bytes(0, 200), { maxLength: MAX_BOX_LETTERS })

  test('round-trips', () => {
    fc.assert(
      fc.property(asks, ask => {
        expect(decodeMailboxAsk(encodeMailboxAsk(ask))).toEqual({ ok: true, value: ask })
      })
    )
    fc.assert(
      fc.property(boxes, box => {
        expect(decodeLetters(encodeLetters(box))).toEqual({ ok: true, value: box })
      })
    )
    for (const answer of ['kept', 'full'] as const)
      expect(decodeLeaveAnswer(encodeLeaveAnswer(answer))).toEqual({ ok: true, value: answer })
  })

  test('fits in its frames, and letters that are too long or empty are refused', () => {
    const tag = random(32)
    const longest = encodeMailboxAsk({ kind: 'leave', tag, letter: new Uint8Array(MAX_LETTER_BYTES) })
    expect(longest).toHaveLength(MAX_MAILBOX_ASK_BYTES)
    expect(decodeMailboxAsk(longest).ok).toBe(true)
    for (const length of [0, MAX_LETTER_BYTES + 1]) {
      expect(decodeMailboxAsk(encodeMailboxAsk({ kind: 'leave', tag, letter: new Uint8Array(length) })).ok).toBe(false)
    }
    const full = Array.from({ length: 4 }, () => new Uint8Array(MAX_LETTER_BYTES))
    expect(encodeLetters(full).length).toBeLessThanOrEqual(MAX_MAILBOX_ANSWER_BYTES)
  })

  test('survives 20,000 hostile inputs each', () => {
    const outcomes = new Set<string>()
    for (const hostile of hostileBytes(fc.sample(asks, { numRuns: 20, seed: 3 }).map(encodeMailboxAsk))) {
      const decoded = decodeMailboxAsk(hostile)
      outcomes.add(`ask ${decoded.ok}`)
      if (decoded.ok) expect(encodeMailboxAsk(decoded.value)).toEqual(hostile)
    }
    for (const hostile of hostileBytes(fc.sample(boxes, { numRuns: 20, seed: 3 }).map(encodeLetters))) {
      const decoded = decodeLetters(hostile)
      outcomes.add(`letters ${decoded.ok}`)
      if (decoded.ok) expect(encodeLetters(decoded.value)).toEqual(hostile)
    }
    expect(outcomes.size).toBe(4)
  })
})
