import { randomBytes } from 'node:crypto'
import { constants, type Stats } from 'node:fs'
import { access, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { EnvironmentError, reasonInWords, systemCode } from '../exits.ts'

/** Only its owner may look into a data folder: it holds keys. */
const FOLDER_MODE = 0o700
const FILE_MODE = 0o600
const TOKEN_BYTES = 32

export function storeFolder(data: string): string {
  return join(data, 'store')
}

/** Makes the folder and that of the store in it when they are not there yet, and checks that they can be written. */
export async function prepareDataFolder(data: string): Promise<void> {
  try {
    for (const folder of [data, storeFolder(data)]) {
      await makeFolder(folder)
      await access(folder, constants.W_OK | constants.X_OK)
    }
  } catch (thrown) {
    throw unwritable(data, thrown)
  }
}

/** Checks that the folder and that of the store can be written, or made where they are not there yet. Makes nothing. */
export async function checkDataFolder(data: string): Promise<void> {
  try {
    await checkFolder(storeFolder(data))
  } catch (thrown) {
    throw unwritable(data, thrown)
  }
}

async function checkFolder(path: string): Promise<void> {
  const found = await statOf(path)
  if (found === undefined) return checkFolder(dirname(path))
  if (!found.isDirectory()) throw new EnvironmentError('it is not a folder')
  await access(path, constants.W_OK | constants.X_OK)
}

/** Folder by folder: a recursive `mkdir` never ends where the system takes none, as under `/proc`. */
async function makeFolder(path: string): Promise<void> {
  const found = await statOf(path)
  if (found?.isDirectory()) return
  if (found !== undefined) throw new EnvironmentError('it is not a folder')
  await makeFolder(dirname(path))
  await mkdir(path, { mode: FOLDER_MODE }).catch((thrown: unknown) => {
    // What it is in is there: the system takes no folder of anybody's.
    if (systemCode(thrown) === 'ENOENT') throw new EnvironmentError('no folder can be made there')
    if (systemCode(thrown) !== 'EEXIST') throw thrown
  })
}

/** Undefined: there is nothing at this path. */
function statOf(path: string): Promise<Stats | undefined> {
  return stat(path).catch((thrown: unknown) => {
    if (systemCode(thrown) === 'ENOENT') return undefined
    throw thrown
  })
}

/** The bearer token of the local API, made once. */
export async function readOrMakeToken(data: string): Promise<string> {
  const path = join(data, 'token')
  try {
    const stored = (await readFile(path, 'utf8')).trim()
    if (stored !== '') return stored
  } catch (thrown) {
    if (systemCode(thrown) !== 'ENOENT') throw unwritable(data, thrown)
  }
  const token = randomBytes(TOKEN_BYTES).toString('base64url')
  await writeFile(path, `${token}\n`, { mode: FILE_MODE }).catch((thrown: unknown) => {
    throw unwritable(data, thrown)
  })
  return token
}

function unwritable(data: string, thrown: unknown): EnvironmentError {
  const sentence = `the data folder ${data} cannot be used, because ${reasonInWords(thrown)}: choose another with --data`
  return new EnvironmentError(sentence, { cause: thrown })
}
