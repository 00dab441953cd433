import { EnvironmentError, NotAllowedError, UsageError, type RandomBytes, type Result } from '../bytes/index.ts'
import {
  decodeIdentitySecrets,
  decodeWrapped,
  encodeIdentitySecrets,
  typedPassphrase,
  unwrapSecret,
  WRAPPED_VERSION,
  wrapSecret,
  type IdentitySecrets,
  type PassphraseKey
} from '../identity/index.ts'

/** Asks for the passphrase of the identity, of which `wrong` were wrong so far; rejects to give up. */
export type AskPassphrase = (wrong: number) => Promise<string>

/** The secrets of the record, and the key they are wrapped under, if they are. */
export interface OpenSecrets {
  readonly secrets: IdentitySecrets
  readonly key: PassphraseKey | undefined
}

export function isWrapped(stored: Uint8Array): boolean {
  return stored[0] === WRAPPED_VERSION
}

/** Opens the record, asking until the passphrase is right; rejects as `ask` does. */
export async function openSecrets(stored: Uint8Array, ask: AskPassphrase): Promise<OpenSecrets> {
  if (!isWrapped(stored)) return { secrets: undamaged(decodeIdentitySecrets(stored)), key: undefined }
  const wrapped = undamaged(decodeWrapped(stored))
  for (let wrong = 0; ; wrong += 1) {
    const opened = await unwrapSecret(wrapped, 'store', typedPassphrase(await ask(wrong)))
    if (opened !== undefined) return { secrets: undamaged(decodeIdentitySecrets(opened.secret)), key: opened.key }
  }
}

/** The record of these secrets: wrapped where there is a key. */
export function sealSecrets({ secrets, key }: OpenSecrets, random: RandomBytes): Uint8Array {
  const bytes = encodeIdentitySecrets(secrets)
  return key === undefined ? bytes : wrapSecret(key, 'store', bytes, random)
}

/** Gives this one passphrase, and gives up when it is wrong. */
export function askOnce(passphrase: string | undefined): AskPassphrase {
  return async wrong => {
    if (wrong > 0) throw wrongPassphrase()
    if (passphrase === undefined) throw new UsageError('the identity is protected by a passphrase, which was not given')
    return passphrase
  }
}

export function wrongPassphrase(): NotAllowedError {
  return new NotAllowedError('the passphrase is wrong: nothing was changed, try again')
}

function undamaged<T>(decoded: Result<T>): T {
  if (decoded.ok) return decoded.value
  throw new EnvironmentError(`the stored identity is damaged (${decoded.error}): put a copy of the data in its place`)
}
