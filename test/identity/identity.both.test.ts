import { describe, expect, test } from 'vitest'
import { expectValue, fromHex, toHex } from '../../src/core/bytes/index.ts'
import {
  certifyDevice,
  decodeIdentitySecrets,
  encodeIdentitySecrets,
  createIdentitySecrets,
  signingKey,
  verifyCertificate,
  verifySignature
} from '../../src/core/identity/index.ts'
import { identityOf, NOON } from '../support/cast.ts'
import { hostileBytes } from '../support/hostile-bytes.ts'
import { seededRandom } from '../support/seeded-random.ts'

const text = new TextEncoder().encode('hello')

describe('signatures', () => {
  test('verify under the same tag and message only', async () => {
    const key = await signingKey(seededRandom(1)(32))
    const signature = await key.sign('entry', text)
    expect(await verifySignature(key.publicKey, 'entry', text, signature)).toBe(true)
    expect(await verifySignature(key.publicKey, 'hello', text, signature)).toBe(false)
    expect(await verifySignature(key.publicKey, 'entry', new Uint8Array(5), signature)).toBe(false)
  })

  test('agree with RFC 8032, section 7.1, test 1, on the public key', async () => {
    const seed = expectValue(fromHex('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60'))
    const key = await signingKey(seed)
    expect(toHex(key.publicKey)).toBe('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a')
  })

  test('keys of small order and malformed keys never verify', async () => {
    const identityPoint = new Uint8Array(32).with(0, 1)
    const signature = new Uint8Array(64)
    signature[0] = 1
    for (const key of [identityPoint, new Uint8Array(32), new Uint8Array(32).fill(255), new Uint8Array(3)]) {
      expect(await verifySignature(key, 'entry', text, signature)).toBe(false)
    }
  })
})

describe('device certificates', () => {
  test('show the member behind a device', async () => {
    const { certificate } = await identityOf(1)
    const verified = await verifyCertificate(certificate.bytes)
    expect(verified).toEqual({ ok: true, value: certificate })
  })

  test('by another root are refused', async () => {
    const [anna, eve] = [await identityOf(1), await identityOf(2)]
    const forged = Uint8Array.from(eve.certificate.bytes)
    forged.set(anna.certificate.bytes.subarray(1, 33), 1)
    expect(await verifyCertificate(forged)).toEqual({ ok: false, error: 'a certificate with a wrong signature' })
  })

  test('survive no change: 20,000 random and mutated ones are refused without an exception', async () => {
    const root = await signingKey(seededRandom(3)(32))
    const { bytes } = await certifyDevice(root, await signingKey(seededRandom(4)(32)), NOON)
    for (const hostile of hostileBytes([bytes])) {
      const verified = await verifyCertificate(hostile)
      expect(verified.ok).toBe(hostile.length === bytes.length && hostile.every((byte, at) => byte === bytes[at]))
    }
  })
})

test('identity secrets round-trip and refuse other bytes', () => {
  const secrets = createIdentitySecrets(seededRandom(5), NOON)
  const encoded = encodeIdentitySecrets(secrets)
  expect(decodeIdentitySecrets(encoded)).toEqual({ ok: true, value: secrets })
  expect(decodeIdentitySecrets(encoded.subarray(1)).ok).toBe(false)
  expect(decodeIdentitySecrets(Uint8Array.from([2, ...encoded.subarray(1)])).ok).toBe(false)
})
