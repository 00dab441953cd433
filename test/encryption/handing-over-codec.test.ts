import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toHex } from '../../src/core/bytes/index.ts'
import { decodeHandedOver, encodeHandedOver, type EpochId, type HandedOver } from '../../src/core/encryption/index.ts'
import { hostileBytes } from '../support/hostile-bytes.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const epochs = bytes(16).map(each => toHex(each) as EpochId)
const secret = bytes(32)
const generations = fc.record({ controlKey: secret, rendezvousSecret: secret, keeperTag: secret })
const handedOver: fc.Arbitrary<HandedOver> = fc.record({
  generations: fc.array(fc.tuple(epochs, generations), { maxLength: 8 }).map(each => new Map(each)),
  contentKeys: fc.array(fc.tuple(epochs, secret), { maxLength: 8 }).map(each => new Map(each)),
  groupInfo: fc.option(fc.uint8Array({ minLength: 1, maxLength: 400 }), { nil: undefined })
})

test('what is handed over is read as it was written', () => {
  fc.assert(
    fc.property(handedOver, handed => {
      expect(decodeHandedOver(encodeHandedOver(handed))).toEqual({ ok: true, value: handed })
    })
  )
})

test('what is malformed is refused, and never thrown at', () => {
  const valid = fc.sample(handedOver, { numRuns: 20, seed: 3 }).map(encodeHandedOver)
  let refused = 0
  for (const hostile of hostileBytes(valid)) if (!decodeHandedOver(hostile).ok) refused += 1
  expect(refused).toBeGreaterThan(1000)
  const all = Array.from(
    { length: 257 },
    (_, index) => [index.toString(16).padStart(32, '0') as EpochId, new Uint8Array(32)] as const
  )
  const tooMany = encodeHandedOver({ generations: new Map(), contentKeys: new Map(all), groupInfo: undefined })
  expect(decodeHandedOver(tooMany)).toMatchObject({ ok: false })
})
