import { expect, test } from 'vitest'
import { expectValue, fromHex, toHex } from '../../src/core/bytes/index.ts'
import {
  AGREEMENT_KEY_BYTES,
  agreementKeyOf,
  openSealedTo,
  sealTo,
  SEAL_TO_BYTES
} from '../../src/core/identity/index.ts'
import { seededRandom } from '../support/seeded-random.ts'

const random = seededRandom(4)
const secret = random(AGREEMENT_KEY_BYTES)
const key = agreementKeyOf(secret)
const said = random(300)
const data = random(32)

function sealed(): Uint8Array {
  const bytes = sealTo(key, 'test', said, data, random)
  if (bytes === undefined) throw new Error('not sealed')
  return bytes
}

test('what is sealed opens with the secret, for the same use and data', () => {
  const bytes = sealed()
  expect(bytes).toHaveLength(said.length + SEAL_TO_BYTES)
  expect(openSealedTo(secret, 'test', bytes, data)).toEqual(said)
  expect(toHex(sealed())).not.toBe(toHex(bytes))
  expect(openSealedTo(random(32), 'test', bytes, data)).toBeUndefined()
  expect(openSealedTo(secret, 'other', bytes, data)).toBeUndefined()
  expect(openSealedTo(secret, 'test', bytes, random(32))).toBeUndefined()
})

test('nothing opens that was changed or cut off anywhere', () => {
  const bytes = sealed()
  for (let at = 0; at < bytes.length; at += 1) {
    // The topmost bit of a public half is not looked at (RFC 7748, section 5), but it goes into the key, too.
    expect(openSealedTo(secret, 'test', bytes.with(at, (bytes[at] ?? 0) ^ 0x80), data)).toBeUndefined()
    expect(openSealedTo(secret, 'test', bytes.subarray(0, at), data)).toBeUndefined()
  }
})

/** Of order 1, 2, 4 and 8: with these everybody comes to zero (RFC 7748, section 6.1). */
const SMALL = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'
]

test.each(SMALL)('keys of small order are refused: %s', hex => {
  const small = expectValue(fromHex(hex))
  expect(sealTo(small, 'test', said, data, random)).toBeUndefined()
  const forged = sealed()
  forged.set(small)
  expect(openSealedTo(secret, 'test', forged, data)).toBeUndefined()
})
