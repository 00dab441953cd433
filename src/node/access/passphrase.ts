import type { AskPassphrase } from '../../core/chat/index.ts'
import { NotAllowedError, UsageError } from '../exits.ts'
import { secretInput, type SecretInput } from '../terminal/secret-input.ts'

/** A data folder, and the passphrase of its identity where it was given beforehand. */
export interface ProtectedData {
  readonly data: string
  readonly passphrase: string | undefined
}

/** At a terminal a typing mistake is forgiven as often. */
const TRIES = 3
const NOT_GIVEN =
  'the identity is protected by a passphrase: give it in a file with --passphrase-file, or in STARLING_PASSPHRASE'

/** The passphrase that was given beforehand, else what a person types; a pipe is read only where `input` says so. */
export function passphraseAsker(
  { passphrase }: ProtectedData,
  stop: AbortSignal,
  input: SecretInput = secretInput(stop, NOT_GIVEN)
): AskPassphrase {
  return async wrong => {
    if (wrong > 0 && (passphrase !== undefined || !input.isTerminal || wrong >= TRIES)) throw wrongPassphrase()
    return passphrase ?? input.ask(wrong > 0 ? 'That is not it. Passphrase: ' : 'Passphrase: ')
  }
}

/** As the core says it, which a command to a running peer does not load. */
function wrongPassphrase(): NotAllowedError {
  return new NotAllowedError('the passphrase is wrong: nothing was changed, try again')
}

/** For commands whose standard input is not for passphrases. */
export function typedPassphraseAsker(data: ProtectedData, stop: AbortSignal): AskPassphrase {
  const atTerminal: SecretInput = process.stdin.isTTY
    ? secretInput(stop, NOT_GIVEN)
    : {
        isTerminal: false,
        async ask() {
          throw new UsageError(NOT_GIVEN)
        }
      }
  return passphraseAsker(data, stop, atTerminal)
}
