import {
  ByteWriter,
  decodeUtf8,
  decodeWith,
  encodeUtf8,
  failure,
  fromBase64Url,
  success,
  toBase64Url,
  type RandomBytes,
  type Result
} from '../bytes/index.ts'
import { parseNickname, type DisplayName } from './names.ts'
import { createPassphraseKey, decodeWrapped, unwrapSecret, wrapSecret, type Passphrase } from './passphrase.ts'
import { SEED_BYTES } from './signature.ts'

/** What makes a device one of a member, on another device: the root, and never a device's own key. */
export interface PortableIdentity {
  readonly rootSeed: Uint8Array
  readonly nick: DisplayName | undefined
}

/** An export is 300 bytes or so; whatever is longer is another file. */
const MAX_EXPORT_BYTES = 4096
const FIRST_LINE = 'starling identity 1'
/** Of 64 characters, in UTF-8. */
const MAX_NICK_BYTES = 256
const VERSION = 1

/**
 * The identity as a text file, always under a passphrase: a line that says what it is, then in base64url the wrapped
 *
 * | bytes | |
 * |---|---|
 * | 1 | version, 1 |
 * | 32 | seed of the root key |
 * | 2, n | nickname in UTF-8, perhaps empty |
 */
export async function encodeIdentityExport(
  { rootSeed, nick }: PortableIdentity,
  passphrase: Passphrase,
  random: RandomBytes
): Promise<string> {
  const secret = new ByteWriter()
    .u8(VERSION)
    .bytes(rootSeed)
    .shortBytes(encodeUtf8(nick ?? ''))
    .finish()
  const wrapped = wrapSecret(await createPassphraseKey(passphrase, random), 'export', secret, random)
  return `${FIRST_LINE}\n${toBase64Url(wrapped)}\n`
}

/** Opens an export; `wrong passphrase` where that is all that is wrong. */
export async function openIdentityExport(
  text: string,
  passphrase: Passphrase
): Promise<Result<PortableIdentity | 'wrong passphrase'>> {
  const wrapped = readExport(text)
  if (!wrapped.ok) return wrapped
  const opened = await unwrapSecret(wrapped.value, 'export', passphrase)
  return opened === undefined ? success('wrong passphrase') : decodePortable(opened.secret)
}

/** Whether this is an export at all, told before a passphrase is asked for. */
export function checkIdentityExport(text: string): Result<undefined> {
  const wrapped = readExport(text)
  return wrapped.ok ? success(undefined) : wrapped
}

function readExport(text: string) {
  if (text.length > MAX_EXPORT_BYTES) return failure('this is no exported identity')
  const [first = '', ...rest] = text.trim().split(/\s*[\r\n]+\s*/)
  if (first !== FIRST_LINE) {
    const isNewer = first.startsWith('starling identity ')
    return failure(isNewer ? 'this export is of a newer version: update Starling' : 'this is no exported identity')
  }
  const bytes = fromBase64Url(rest.join(''))
  const wrapped = bytes.ok ? decodeWrapped(bytes.value) : bytes
  return wrapped.ok ? wrapped : failure('this exported identity is damaged: take another copy of the file')
}

function decodePortable(secret: Uint8Array): Result<PortableIdentity> {
  return decodeWith(secret, reader => {
    if (reader.u8() !== VERSION) reader.refuse('this export is of a newer version: update Starling')
    const rootSeed = reader.bytes(SEED_BYTES)
    const name = decodeUtf8(reader.shortBytes(MAX_NICK_BYTES))
    const nick = name.ok ? parseNickname(name.value) : name
    return { rootSeed, nick: nick.ok ? nick.value : undefined }
  })
}
