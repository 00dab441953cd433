import {
  AEAD_NONCE_BYTES,
  AEAD_TAG_BYTES,
  argon2id,
  ByteWriter,
  concatBytes,
  decodeWith,
  encodeUtf8,
  failure,
  openWithNonce,
  sealWithNonce,
  success,
  type Argon2Cost,
  type ByteReader,
  type RandomBytes,
  type Result
} from '../bytes/index.ts'

/**
 * Secrets under a passphrase: Argon2id (RFC 9106) makes a key of it, XChaCha20-Poly1305 seals under that key, and all
 * that stands before the sealed bytes is authenticated with them, a label for their purpose, too.
 *
 * | bytes | |
 * |---|---|
 * | 1 | version, 2 (1 is an identity without a passphrase) |
 * | 4, 4, 1 | memory in KiB, passes, lanes |
 * | 16 | salt |
 * | 24 | nonce |
 * | rest | the sealed secret and its tag |
 */
export interface Wrapped {
  readonly cost: Argon2Cost
  readonly salt: Uint8Array
  readonly nonce: Uint8Array
  readonly sealed: Uint8Array
}

/** What a passphrase is for: bytes wrapped for one purpose open for no other. */
export type WrapPurpose = 'store' | 'export'

/** A key made of a passphrase, with what it was made from. */
export interface PassphraseKey {
  readonly cost: Argon2Cost
  readonly salt: Uint8Array
  readonly key: Uint8Array
}

export const WRAPPED_VERSION = 2
/** The second choice of RFC 9106, section 4 (64 MiB, 3 passes), on one lane: a tab has one thread. */
export const PASSPHRASE_COST: Argon2Cost = { memory: 64 * 1024, passes: 3, lanes: 1 }
/** What is read may be damaged: it must not take all the memory of a machine, nor minutes. */
const MAX_COST: Argon2Cost = { memory: 256 * 1024, passes: 16, lanes: 4 }

const SALT_BYTES = 16

/** NIST SP 800-63B, section 3.1.1, asks for 8 at least; longer ones are asked for in words. */
const MIN_CHARACTERS = 8
/** A page of text: more is a file given by mistake. */
const MAX_BYTES = 1024

/** A passphrase as it is derived from: NFC, every space one kind of space (RFC 8265, section 4.2). */
export type Passphrase = string & { readonly __brand: 'Passphrase' }

/** What was typed to open something. */
export function typedPassphrase(text: string): Passphrase {
  return text.replaceAll(/\p{Zs}/gu, ' ').normalize('NFC') as Passphrase
}

/** A passphrase to set: long enough, and not a file. */
export function parseNewPassphrase(text: string): Result<Passphrase> {
  const passphrase = typedPassphrase(text)
  if ([...passphrase].length < MIN_CHARACTERS) {
    return failure(`a passphrase needs at least ${MIN_CHARACTERS} characters; five words or more are good`)
  }
  if (encodeUtf8(passphrase).length > MAX_BYTES)
    return failure(`a passphrase must not be longer than ${MAX_BYTES} bytes`)
  if (/\p{Cc}/u.test(passphrase)) return failure('a passphrase must not contain line breaks or control characters')
  return success(passphrase)
}

/** A key of this passphrase with a salt of its own. Takes about a second, on purpose. */
export function createPassphraseKey(
  passphrase: Passphrase,
  random: RandomBytes,
  cost = PASSPHRASE_COST
): Promise<PassphraseKey> {
  return deriveFromPassphrase(passphrase, random(SALT_BYTES), cost)
}

export async function deriveFromPassphrase(
  passphrase: Passphrase,
  salt: Uint8Array,
  cost: Argon2Cost
): Promise<PassphraseKey> {
  return { cost, salt, key: await argon2id(encodeUtf8(passphrase), salt, cost) }
}

export function wrapSecret(
  { cost, salt, key }: PassphraseKey,
  purpose: WrapPurpose,
  secret: Uint8Array,
  random: RandomBytes
): Uint8Array {
  const nonce = random(AEAD_NONCE_BYTES)
  const header = encodeHeader(cost, salt, nonce)
  return concatBytes([header, sealWithNonce(key, nonce, secret, labelled(purpose, header))])
}

/** The secret, and the key that opened it; undefined when the passphrase is another, or the bytes were changed. */
export async function unwrapSecret(
  { cost, salt, nonce, sealed }: Wrapped,
  purpose: WrapPurpose,
  passphrase: Passphrase
): Promise<{ readonly secret: Uint8Array; readonly key: PassphraseKey } | undefined> {
  const key = await deriveFromPassphrase(passphrase, salt, cost)
  const header = encodeHeader(cost, salt, nonce)
  const secret = openWithNonce(key.key, nonce, sealed, labelled(purpose, header))
  return secret && { secret, key }
}

export function decodeWrapped(bytes: Uint8Array): Result<Wrapped> {
  return decodeWith(bytes, reader => {
    if (reader.u8() !== WRAPPED_VERSION) reader.refuse('a wrapped secret of another version')
    const cost = readCost(reader)
    const salt = reader.bytes(SALT_BYTES)
    const nonce = reader.bytes(AEAD_NONCE_BYTES)
    if (reader.remaining < AEAD_TAG_BYTES) reader.refuse('cut off')
    return { cost, salt, nonce, sealed: reader.rest() }
  })
}

function readCost(reader: ByteReader): Argon2Cost {
  const cost = { memory: reader.u32(), passes: reader.u32(), lanes: reader.u8() }
  const { memory, passes, lanes } = cost
  if (lanes === 0 || passes === 0 || memory < 8 * lanes) reader.refuse('a passphrase that costs nothing')
  if (memory > MAX_COST.memory || passes > MAX_COST.passes || lanes > MAX_COST.lanes) {
    reader.refuse('a passphrase that costs more than this program pays')
  }
  return cost
}

function encodeHeader({ memory, passes, lanes }: Argon2Cost, salt: Uint8Array, nonce: Uint8Array): Uint8Array {
  return new ByteWriter().u8(WRAPPED_VERSION).u32(memory).u32(passes).u8(lanes).bytes(salt).bytes(nonce).finish()
}

function labelled(purpose: WrapPurpose, header: Uint8Array): Uint8Array {
  return concatBytes([encodeUtf8(`starling/identity-${purpose}/1`), Uint8Array.of(0), header])
}
