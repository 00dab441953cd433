import { describe, expect, test } from 'vitest'
import { encodeUtf8, expectValue, fromHex } from '../../src/core/bytes/index.ts'
import { safetyNumber, safetyNumberGroups } from '../../src/core/identity/index.ts'
import { numericFingerprint } from '../../src/core/identity/safety-number.ts'
import { identityOf } from '../support/cast.ts'

/** The vector of libsignal's own test, `rust/protocol/src/fingerprint.rs`: keys with their type byte, telephone numbers. */
const SIGNAL = {
  alice: { key: '0506863bc66d02b40d27b8d49ca7c09e9239236f9d7d25d6fcca5ce13c7064d868', id: '+14152222222' },
  bob: { key: '05f781b6fb32fed9ba1cf2de978d4d5da28dc34046ae814402b5c0dbd96fda907b', id: '+14153333333' },
  number: '300354477692869396892869876765458257569162576843440918079131'
}

describe('safety numbers', () => {
  test('are those of libsignal for its keys and identifiers', () => {
    const halves = [SIGNAL.alice, SIGNAL.bob].map(({ key, id }) =>
      numericFingerprint(expectValue(fromHex(key)), encodeUtf8(id))
    )
    expect(halves.toSorted().join('')).toBe(SIGNAL.number)
  })

  test('are one number for both sides, and another with anybody else', async () => {
    const [anna, bo, cy] = (await Promise.all([1, 2, 3].map(identityOf))).map(({ certificate }) => certificate.member)
    if (anna === undefined || bo === undefined || cy === undefined) throw new Error('three members')
    const number = safetyNumber(anna, bo)
    expect(number).toBe(safetyNumber(bo, anna))
    expect(number).toMatch(/^\d{60}$/)
    expect(safetyNumber(anna, cy)).not.toBe(number)
    expect(safetyNumberGroups(number).join('')).toBe(number)
    expect(safetyNumberGroups(number)).toHaveLength(12)
  })
})
