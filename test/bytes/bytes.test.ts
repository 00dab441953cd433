import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  ByteWriter,
  CappedMap,
  decodeUtf8,
  decodeWith,
  deriveKey,
  fromBase64Url,
  fromHex,
  openOnce,
  openWithNonce,
  sealOnce,
  sealWithNonce,
  toBase64Url,
  toHex
} from '../../src/core/bytes/index.ts'

describe('ByteWriter and decodeWith', () => {
  test('what was written is read back', () => {
    const fields = fc.record({
      small: fc.integer({ min: 0, max: 255 }),
      short: fc.integer({ min: 0, max: 65_535 }),
      word: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      time: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
      large: fc.maxSafeNat(),
      bytes: fc.uint8Array({ maxLength: 300 })
    })
    fc.assert(
      fc.property(fields, ({ small, short, word, time, large, bytes }) => {
        const writer = new ByteWriter().u8(small).u16(short).u32(word).u48(time).u64(large)
        const written = writer.shortBytes(bytes).longBytes(bytes).finish()
        const read = decodeWith(written, reader => ({
          small: reader.u8(),
          short: reader.u16(),
          word: reader.u32(),
          time: reader.u48(),
          large: reader.u64(),
          bytes: reader.shortBytes(300),
          again: reader.longBytes(300)
        }))
        expect(read).toEqual({ ok: true, value: { small, short, word, time, large, bytes, again: bytes } })
      })
    )
  })

  test('numbers that do not fit are not written', () => {
    expect(() => new ByteWriter().u8(256)).toThrow('256 does not fit in 1 bytes')
    expect(() => new ByteWriter().u64(2 ** 53)).toThrow('does not fit')
    expect(() => new ByteWriter().u16(-1)).toThrow('does not fit')
    expect(() => new ByteWriter().u16(1.5)).toThrow('does not fit')
  })

  test('cut off, left over, overlong and overlarge are refused with a reason', () => {
    expect(decodeWith(Uint8Array.of(1), reader => reader.u16())).toEqual({ ok: false, error: 'cut off' })
    expect(decodeWith(Uint8Array.of(1, 2), reader => reader.u8())).toEqual({ ok: false, error: '1 bytes too many' })
    expect(decodeWith(Uint8Array.of(0, 9), reader => reader.shortBytes(8))).toMatchObject({ ok: false })
    expect(decodeWith(new Uint8Array(8).fill(255), reader => reader.u64())).toMatchObject({ ok: false })
  })

  test('a mistake in a decoder is not mistaken for bad bytes', () => {
    const decode = (): never => {
      throw new TypeError('a mistake')
    }
    expect(() => decodeWith(new Uint8Array(), decode)).toThrow(TypeError)
  })
})

describe('text encodings', () => {
  test('hex and base64url round-trip', () => {
    fc.assert(
      fc.property(fc.uint8Array(), bytes => {
        expect(fromHex(toHex(bytes))).toEqual({ ok: true, value: bytes })
        expect(fromBase64Url(toBase64Url(bytes))).toEqual({ ok: true, value: bytes })
      })
    )
  })

  test.each(['abc', 'zz', '0x00', 'ab '])('%j is not hex', text => {
    expect(fromHex(text).ok).toBe(false)
  })

  test.each(['a', 'ab=', 'a+b/', 'ab cd', 'AB'])('%j is no base64url that an encoder makes', text => {
    expect(fromBase64Url(text).ok).toBe(false)
  })

  test('bytes that are not UTF-8 are refused, not replaced', () => {
    for (const bytes of [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0x80]]) {
      expect(decodeUtf8(Uint8Array.from(bytes))).toEqual({ ok: false, error: 'not valid UTF-8' })
    }
  })
})

describe('ciphers', () => {
  const key = new Uint8Array(32).fill(7)

  test('a sealed text opens with the same key, nonce and data, and with no other', () => {
    const nonce = new Uint8Array(24).fill(1)
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (text, data) => {
        expect(openOnce(key, sealOnce(key, text, data), data)).toEqual(text)
        expect(openWithNonce(key, nonce, sealWithNonce(key, nonce, text, data), data)).toEqual(text)
        const otherData = Uint8Array.from([...data, 1])
        expect(openOnce(key, sealOnce(key, text, data), otherData)).toBeUndefined()
        expect(openWithNonce(key, new Uint8Array(24), sealWithNonce(key, nonce, text), data)).toBeUndefined()
      })
    )
  })

  test('bytes too short to be sealed do not open', () => {
    expect(openOnce(key, new Uint8Array(3), new Uint8Array())).toBeUndefined()
    expect(openWithNonce(key, new Uint8Array(24), new Uint8Array())).toBeUndefined()
  })

  test('HKDF agrees with the platform', async () => {
    const secret = new Uint8Array(22).fill(11)
    const salt = Uint8Array.from({ length: 13 }, (_, index) => index)
    const base = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveBits'])
    const parameters = { name: 'HKDF', hash: 'SHA-256', salt, info: new TextEncoder().encode('use') }
    const expected = new Uint8Array(await crypto.subtle.deriveBits(parameters, base, 42 * 8))
    expect(deriveKey(secret, 'use', 42, salt)).toEqual(expected)
  })
})

test('a capped map forgets what was set longest ago', () => {
  const map = new CappedMap<string, number>(2)
  map.set('a', 1).set('b', 2).set('a', 3).set('c', 4)
  expect([...map]).toEqual([
    ['a', 3],
    ['c', 4]
  ])
})
