import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { x25519 } from '@noble/curves/ed25519.js'
import { getCiphersuiteFromName, getCiphersuiteImpl } from 'ts-mls'
import { expect, test } from 'vitest'
import {
  concatBytes,
  deriveKey,
  encodeUtf8,
  expectValue,
  fromHex,
  hmacSha256,
  openOnce,
  openWithNonce,
  sealOnce,
  sealWithNonce,
  toHex
} from '../../src/core/bytes/index.ts'
import { openSealedTo } from '../../src/core/identity/index.ts'
import { verifyUntagged } from '../../src/core/identity/signature.ts'
import { loadVectors } from './vectors/load.ts'

const suite = await getCiphersuiteImpl(getCiphersuiteFromName('MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519'))

interface Vector {
  readonly tcId: number
  readonly flags: readonly string[]
  readonly result: 'valid' | 'invalid' | 'acceptable'
}

interface AeadVector extends Vector {
  readonly key: string
  readonly iv: string
  readonly aad: string
  readonly msg: string
  readonly ct: string
  readonly tag: string
}

const bytes = (hex: string): Uint8Array => expectValue(fromHex(hex))

/** What comes of a call, in hex, or nothing when it refuses. */
async function attempt(run: () => Uint8Array | undefined | Promise<Uint8Array>): Promise<string | undefined> {
  try {
    const result = await run()
    return result && toHex(result)
  } catch {
    return undefined
  }
}

type Aead = (
  key: Uint8Array,
  nonce: Uint8Array,
  text: Uint8Array,
  aad: Uint8Array
) => ReturnType<Parameters<typeof attempt>[0]>

/** The vectors that come out otherwise than they should. */
async function wrongAead(file: string, open: Aead, seal: Aead): Promise<number[]> {
  const wrong: number[] = []
  for (const { tcId, key, iv, aad, msg, ct, tag, result } of await loadVectors<AeadVector>(file)) {
    const [secret, nonce, data] = [bytes(key), bytes(iv), bytes(aad)]
    const opened = await attempt(() => open(secret, nonce, bytes(ct + tag), data))
    const sealed = await attempt(() => seal(secret, nonce, bytes(msg), data))
    const isValid = result === 'valid'
    if (opened !== (isValid ? msg : undefined) || (sealed === ct + tag) !== isValid) wrong.push(tcId)
  }
  return wrong
}

test('XChaCha20-Poly1305: sealing and opening with a nonce', async () => {
  expect(await wrongAead('wycheproof-xchacha20_poly1305', openWithNonce, sealWithNonce)).toEqual([])
})

test('ChaCha20-Poly1305: the cipher that seals once, whose own nonce is zero', async () => {
  const file = 'wycheproof-chacha20_poly1305'
  const open: Aead = (key, nonce, sealed, aad) => chacha20poly1305(key, nonce, aad).decrypt(sealed)
  const seal: Aead = (key, nonce, plain, aad) => chacha20poly1305(key, nonce, aad).encrypt(plain)
  expect(await wrongAead(file, open, seal)).toEqual([])
  // No published vector has that nonce: their keys and texts with it, by the same cipher.
  const zero = new Uint8Array(12)
  for (const { tcId, key, aad, msg } of await loadVectors<AeadVector>(file)) {
    const [secret, data, plain] = [bytes(key), bytes(aad), bytes(msg)]
    const sealed = chacha20poly1305(secret, zero, data).encrypt(plain)
    expect({ tcId, sealed: sealOnce(secret, plain, data) }).toEqual({ tcId, sealed })
    expect({ tcId, opened: openOnce(secret, sealed, data) }).toEqual({ tcId, opened: plain })
  }
})

test('AES-128-GCM: what MLS seals with', async () => {
  const open: Aead = (key, nonce, sealed, aad) => suite.hpke.decryptAead(key, nonce, aad, sealed)
  const seal: Aead = (key, nonce, plain, aad) => suite.hpke.encryptAead(key, nonce, aad, plain)
  expect(await wrongAead('wycheproof-aes_gcm', open, seal)).toEqual([])
})

interface SignatureVector extends Vector {
  readonly pk: string
  readonly msg: string
  readonly sig: string
}

test('Ed25519: signatures of entries and certificates, and those of MLS', async () => {
  for (const { tcId, pk, msg, sig, result } of await loadVectors<SignatureVector>('wycheproof-ed25519')) {
    const isValid = await verifyUntagged(bytes(pk), bytes(msg), bytes(sig))
    const inMls = await suite.signature.verify(bytes(pk), bytes(msg), bytes(sig)).catch(() => false)
    expect({ tcId, isValid, inMls }).toEqual({ tcId, isValid: result === 'valid', inMls: result === 'valid' })
  }
})

interface HkdfVector extends Vector {
  readonly ikm: string
  readonly salt: string
  readonly info: string
  readonly size: number
  readonly okm: string
}

test('HKDF-SHA256: keys derived here and in MLS', async () => {
  const counts = { inMls: 0, here: 0 }
  for (const { tcId, ikm, salt, info, size, okm, result } of await loadVectors<HkdfVector>('wycheproof-hkdf_sha256')) {
    const expected = { tcId, okm: result === 'valid' ? okm : undefined }
    if (salt.length <= 2 * suite.kdf.size) {
      // MLS salts with secrets of this length only. HMAC takes zeros at the end for nothing.
      const padded = bytes(salt.padEnd(2 * suite.kdf.size, '0'))
      const inMls = await attempt(async () =>
        suite.kdf.expand(await suite.kdf.extract(padded, bytes(ikm)), bytes(info), size)
      )
      expect({ tcId, okm: inMls }).toEqual(expected)
      counts.inMls += 1
    }
    const text = asText(bytes(info))
    if (text === undefined) continue
    counts.here += 1
    expect({ tcId, okm: await attempt(() => deriveKey(bytes(ikm), text, size, bytes(salt))) }).toEqual(expected)
  }
  expect(counts).toEqual({ inMls: 75, here: 31 })
})

/** The info of ours is text: what is none cannot be given to it. */
function asText(info: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(info)
  } catch {
    return undefined
  }
}

interface MacVector extends Vector {
  readonly key: string
  readonly msg: string
  readonly tag: string
}

test('HMAC-SHA256: here and in MLS', async () => {
  for (const { tcId, key, msg, tag, result } of await loadVectors<MacVector>('wycheproof-hmac_sha256')) {
    const ours = toHex(hmacSha256(bytes(key), bytes(msg)))
    const theirs = toHex(await suite.hash.mac(bytes(key), bytes(msg)))
    expect({ tcId, ours: ours.startsWith(tag), theirs: theirs.startsWith(tag) }).toEqual({
      tcId,
      ours: result === 'valid',
      theirs: result === 'valid'
    })
    if (tag.length !== ours.length) continue
    const isVerified = await suite.hash.verifyMac(bytes(key), bytes(tag), bytes(msg))
    expect({ tcId, isVerified }).toEqual({ tcId, isVerified: result === 'valid' })
  }
})

interface ExchangeVector extends Vector {
  readonly public: string
  readonly private: string
  readonly shared: string
}

test('X25519: what MLS exchanges keys with; a shared secret of zero is refused', async () => {
  for (const vector of await loadVectors<ExchangeVector>('wycheproof-x25519')) {
    const { tcId, flags } = vector
    const [enc, secret, shared] = [bytes(vector.public), bytes(vector.private), bytes(vector.shared)]
    const context = encodeUtf8('test')
    const exported = await attempt(async () => {
      const key = await suite.hpke.importPrivateKey(secret)
      return suite.hpke.importSecret(key, context, enc, 32, new Uint8Array())
    })
    const expected = toHex(exportedFrom(shared, enc, x25519.getPublicKey(secret), context))
    expect({ tcId, exported }).toEqual({ tcId, exported: flags.includes('ZeroSharedSecret') ? undefined : expected })
  }
})

test('X25519: what is sealed to a key; a shared secret of zero is refused', async () => {
  const said = encodeUtf8('hello')
  for (const vector of await loadVectors<ExchangeVector>('wycheproof-x25519')) {
    const { tcId, flags } = vector
    const [enc, secret, shared] = [bytes(vector.public), bytes(vector.private), bytes(vector.shared)]
    const key = deriveKey(shared, 'test', 32, concatBytes([enc, x25519.getPublicKey(secret)]))
    const sealed = concatBytes([enc, sealOnce(key, said, NOTHING)])
    const opened = openSealedTo(secret, 'test', sealed, NOTHING)
    expect({ tcId, opened }).toEqual({ tcId, opened: flags.includes('ZeroSharedSecret') ? undefined : said })
  }
})

const NOTHING = new Uint8Array()
const KEM = concatBytes([encodeUtf8('KEM'), Uint8Array.of(0, 0x20)])
const HPKE = concatBytes([encodeUtf8('HPKE'), Uint8Array.of(0, 0x20, 0, 1, 0, 1)])

/** What HPKE in base mode exports (RFC 9180, sections 4.1, 5.1 and 5.3) when the exchange of keys yields `shared`. */
function exportedFrom(shared: Uint8Array, enc: Uint8Array, recipient: Uint8Array, context: Uint8Array): Uint8Array {
  const sharedSecret = expand(
    KEM,
    extract(KEM, NOTHING, 'eae_prk', shared),
    'shared_secret',
    concatBytes([enc, recipient])
  )
  const idHash = extract(HPKE, NOTHING, 'psk_id_hash', NOTHING)
  const infoHash = extract(HPKE, NOTHING, 'info_hash', NOTHING)
  const secret = extract(HPKE, sharedSecret, 'secret', NOTHING)
  return expand(HPKE, expand(HPKE, secret, 'exp', concatBytes([Uint8Array.of(0), idHash, infoHash])), 'sec', context)
}

function extract(suiteId: Uint8Array, salt: Uint8Array, label: string, key: Uint8Array): Uint8Array {
  return hmacSha256(salt, concatBytes([encodeUtf8('HPKE-v1'), suiteId, encodeUtf8(label), key]))
}

/** 32 bytes, which are one block. */
function expand(suiteId: Uint8Array, key: Uint8Array, label: string, info: Uint8Array): Uint8Array {
  const labelled = [Uint8Array.of(0, 32), encodeUtf8('HPKE-v1'), suiteId, encodeUtf8(label), info]
  return hmacSha256(key, concatBytes([...labelled, Uint8Array.of(1)]))
}
