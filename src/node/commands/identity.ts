import { open, readFile, rm } from 'node:fs/promises'
import { parseNewPassphrase, type IdentityExport } from '../../core/identity/index.ts'
import type { ImportedIdentity } from '../../core/chat/index.ts'
import { passphraseAsker } from '../access/passphrase.ts'
import { withVault } from '../access/vault-access.ts'
import { ownCall } from '../command-line/own-call.ts'
import { EnvironmentError, reasonInWords, systemCode, UsageError } from '../exits.ts'
import { secretInput, type SecretInput } from '../terminal/secret-input.ts'
import { readStandardInput } from '../terminal/standard-input.ts'
import { visible } from '../terminal/visible.ts'
import type { Invocation, Run } from './command.ts'

const EXPORT_MODE = 0o600
/** An export, or 24 words on lines of their own, many times over. */
const MAX_INPUT_BYTES = 64 * 1024

export const changePassphrase: Run = async ({ settings, output, stop }) => {
  const input = secretInput(stop, 'standard input ended early: one line for each passphrase, the present one first')
  const ask = passphraseAsker(settings, stop, input)
  const isRemoval = settings.flags.has('remove')
  await withVault(settings.data, stop, async vault => {
    const isProtected = await vault.isProtected()
    if (isRemoval && !isProtected) throw new UsageError('the identity has no passphrase: there is nothing to remove')
    // The present one first, as a pipe gives it, and before a new one is thought up for nothing.
    const present = isProtected ? await ask(0) : undefined
    const next = isRemoval ? undefined : await newPassphrase(input, 'New passphrase: ')
    await vault.setPassphrase(next, async wrong => (wrong === 0 ? (present ?? ask(0)) : ask(wrong)))
  })
  output.result({ protected: !isRemoval }, isRemoval ? UNPROTECTED : PROTECTED)
}

const PROTECTED = 'The identity is protected by the passphrase. Without it nobody opens it, and nobody can reset it.'
const UNPROTECTED = 'The identity has no passphrase any more: who reads the data folder has it.'

export const exportIdentity: Run = async ({ arguments: [path = ''], settings, output, stop }) => {
  const input = secretInput(stop, 'standard input ended early: the passphrase of the export stands on its last line')
  const ask = passphraseAsker(settings, stop, input)
  const { leftOut } = await writeNew(path, async () =>
    withVault(settings.data, stop, async vault => {
      const present = (await vault.isProtected()) ? await ask(0) : undefined
      const passphrase = await newPassphrase(input, 'Passphrase of the export: ')
      return vault.exportIdentity(passphrase, async wrong => (wrong === 0 ? (present ?? ask(0)) : ask(wrong)))
    })
  )
  output.result(
    { file: path, leftOut },
    `The identity is in ${visible(path)}. Who has the file and its passphrase can speak as you: keep them apart.`
  )
  if (leftOut.length > 0)
    output.log('warn', `no space in the export for ${leftOut.join(', ')}: the new device comes in there by an invite`)
}

export const importIdentity: Run = async invocation => {
  const { settings, output, stop } = invocation
  const text = await readImport(invocation)
  const imported = await withVault(settings.data, stop, async (vault): Promise<ImportedIdentity> => {
    if (text.kind === 'phrase') return vault.importPhrase(text.words)
    await vault.checkImport(text.text)
    const input = secretInput(stop, 'standard input is empty: it holds the passphrase of the export, on a line')
    return vault.importExport(text.text, await input.ask('Passphrase of the export: '))
  })
  const { member, device, nick, rooms } = imported
  const called =
    nick === undefined ? `Choose a name: ${ownCall(settings)} id name NICK.` : `You are called ${visible(nick)}.`
  const words = `This is a new device of the member ${member} now.\n${called}\nIt has no passphrase here: ${ownCall(settings)} id passphrase sets one.`
  output.result(
    { member, device, nick: nick ?? null, rooms },
    [words, ...roomWords(rooms, ownCall(settings))].join('\n')
  )
}

function roomWords(rooms: readonly string[], call: string): string[] {
  if (rooms.length === 0) return []
  return [`${call} up asks the members of ${rooms.map(visible).join(', ')} to let it in.`]
}

export const showPhrase: Run = async ({ settings, output, stop }) => {
  const input = secretInput(stop, 'standard input is empty: it holds the passphrase of the identity, on a line')
  const ask = passphraseAsker(settings, stop, input)
  const phrase = await withVault(settings.data, stop, vault => vault.phrase(ask))
  output.result({ phrase }, phrase)
  output.aside('Who has these words can speak as you, whatever the passphrase: write them on paper, and nowhere else.')
}

/** At a terminal typed twice: nobody sees what they type. */
async function newPassphrase(input: SecretInput, prompt: string): Promise<string> {
  const first = await input.ask(prompt)
  const parsed = parseNewPassphrase(first)
  if (!parsed.ok) throw new UsageError(parsed.error)
  if (input.isTerminal && (await input.ask('The same once more: ')) !== first) {
    throw new UsageError('the two are not the same: nothing was changed')
  }
  return first
}

type Import = { readonly kind: 'phrase'; readonly words: string } | { readonly kind: 'export'; readonly text: string }

/** `-`: 24 words from standard input, at a terminal without echo. */
async function readImport({ arguments: [path = ''], stop }: Invocation): Promise<Import> {
  if (path !== '-') return { kind: 'export', text: await readExport(path) }
  const words = process.stdin.isTTY
    ? await secretInput(stop, '').ask('The 24 words: ')
    : await readStandardInput(MAX_INPUT_BYTES)
  return { kind: 'phrase', words }
}

async function readExport(path: string): Promise<string> {
  const bytes = await readFile(path).catch((thrown: unknown) => {
    throw new UsageError(`${path} cannot be read: ${reasonInWords(thrown)}`)
  })
  return bytes.subarray(0, MAX_INPUT_BYTES).toString('utf8')
}

/** Makes the file, readable to its owner alone, before `make` asks for anything; leaves none behind that is not whole. */
async function writeNew(path: string, make: () => Promise<IdentityExport>): Promise<IdentityExport> {
  const file = await open(path, 'wx', EXPORT_MODE).catch((thrown: unknown) => {
    if (systemCode(thrown) === 'EEXIST') throw new UsageError(`${path} is there already: choose another name`)
    throw new EnvironmentError(`${path} cannot be written: ${reasonInWords(thrown)}`, { cause: thrown })
  })
  try {
    const made = await make()
    await file.writeFile(made.text)
    await file.sync()
    await file.close()
    return made
  } catch (thrown) {
    await file.close().catch(() => undefined)
    await rm(path, { force: true })
    throw thrown
  }
}
