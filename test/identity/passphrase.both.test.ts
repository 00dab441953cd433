import { argon2id } from '@noble/hashes/argon2.js'
import { describe, expect, test } from 'vitest'
import { encodeUtf8, expectValue, toHex } from '../../src/core/bytes/index.ts'
import {
  createPassphraseKey,
  decodeWrapped,
  parseNewPassphrase,
  typedPassphrase,
  unwrapSecret,
  wrapSecret
} from '../../src/core/identity/index.ts'
import { deriveFromPassphrase, PASSPHRASE_COST } from '../../src/core/identity/passphrase.ts'
import { hostileBytes } from '../support/hostile-bytes.ts'
import { seededRandom } from '../support/seeded-random.ts'

/** What a test can wait for a hundred times. */
const CHEAP = { memory: 64, passes: 1, lanes: 1 }
const SECRET = encodeUtf8('the seeds of a root and of a device')
/** `crypto.argon2Sync('argon2id', { message, nonce: 16 bytes of 7, memory: 65536, passes: 3, parallelism: 1, tagLength: 32 })`. */
const OPENSSL = '6ad10af97f1744119bd7135c85121dc589794f9c5d646200b8ad4d6becf15084'
const WORDS = typedPassphrase('correct horse battery staple')

async function wrapped(purpose: 'store' | 'export' = 'store'): Promise<Uint8Array> {
  return wrapSecret(await createPassphraseKey(WORDS, seededRandom(1), CHEAP), purpose, SECRET, seededRandom(2))
}

describe('Argon2id', () => {
  test('agrees with RFC 9106, section 5.3', () => {
    const fill = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte)
    const options = { m: 32, t: 3, p: 4, key: fill(8, 3), personalization: fill(12, 4), dkLen: 32 }
    expect(toHex(argon2id(fill(32, 1), fill(16, 2), options))).toBe(
      '0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659'
    )
  })

  test('at the cost that is used (64 MiB, 3 passes, 1 lane) agrees with OpenSSL, asked in Node', async () => {
    const { key } = await deriveFromPassphrase(WORDS, new Uint8Array(16).fill(7), PASSPHRASE_COST)
    expect(toHex(key)).toBe(OPENSSL)
  })
})

describe('a wrapped secret', () => {
  test('opens with its passphrase alone, however its letters and spaces were typed', async () => {
    const found = expectValue(decodeWrapped(await wrapped()))
    expect((await unwrapSecret(found, 'store', WORDS))?.secret).toEqual(SECRET)
    expect(await unwrapSecret(found, 'store', typedPassphrase('correct horse battery stable'))).toBeUndefined()
    expect(typedPassphrase('cafe\u0301\u00a0noir')).toBe(typedPassphrase('caf\u00e9 noir'))
  })

  test('opens for its purpose alone', async () => {
    const found = expectValue(decodeWrapped(await wrapped('export')))
    expect(await unwrapSecret(found, 'store', WORDS)).toBeUndefined()
    expect((await unwrapSecret(found, 'export', WORDS))?.secret).toEqual(SECRET)
  })

  test('opens with no bit changed: neither its header nor what is sealed', async () => {
    const bytes = await wrapped()
    const opened: number[] = []
    for (const [place, byte] of bytes.entries()) {
      const found = decodeWrapped(bytes.with(place, byte ^ 1))
      if (found.ok && (await unwrapSecret(found.value, 'store', WORDS)) !== undefined) opened.push(place)
    }
    expect(opened).toEqual([])
  })

  test('that asks for more memory or time than is paid is refused before a byte is taken', async () => {
    const bytes = await wrapped()
    for (const [place, value] of [
      [1, 0x40],
      [5, 0x01],
      [9, 200],
      [9, 0]
    ] as const) {
      expect(decodeWrapped(bytes.with(place, value)).ok, `byte ${place}`).toBe(false)
    }
  })

  test('of 20,000 random and mutated ones none throws', async () => {
    for (const hostile of hostileBytes([await wrapped()])) {
      expect(() => decodeWrapped(hostile)).not.toThrow()
    }
  })
})

test('a new passphrase has eight characters or more, and is one line', () => {
  expect(parseNewPassphrase('short')).toMatchObject({ ok: false })
  expect(parseNewPassphrase('two\nlines of it')).toMatchObject({ ok: false })
  expect(parseNewPassphrase('x'.repeat(2000))).toMatchObject({ ok: false })
  expect(parseNewPassphrase('five words are good enough')).toEqual({ ok: true, value: 'five words are good enough' })
})
