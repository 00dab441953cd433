import { EnvironmentError, errorMessage, NotAllowedError, UnavailableError, UsageError } from '../core/bytes/index.ts'

/** How a command ends; the table of `docs/contract.md`. */
export const EXIT = { done: 0, failed: 1, usage: 2, notAllowed: 3, unavailable: 4, interrupted: 130 } as const

export type Exit = (typeof EXIT)[keyof typeof EXIT]

/** What is named in the contract and comes with a later version. */
export function notBuiltYet(what: string): UsageError {
  return new UsageError(`${what} is not built yet; see docs/contract.md for what is`)
}

export function exitOf(thrown: unknown): Exit {
  if (thrown instanceof UsageError) return EXIT.usage
  if (thrown instanceof NotAllowedError) return EXIT.notAllowed
  if (thrown instanceof UnavailableError) return EXIT.unavailable
  return EXIT.failed
}

export const DISK_FULL = 'the disk is full: free some space, then try again'

/** One line that says what was wrong and what to do, whatever was thrown. */
export function sentenceOf(thrown: unknown): string {
  return isDiskFull(thrown) ? DISK_FULL : oneLine(errorMessage(thrown))
}

/** As Node, LevelDB, libp2p, our store and a running peer say it. */
export function isDiskFull(thrown: unknown): boolean {
  const code = systemCode(thrown)
  if (code === 'ENOSPC' || code === 'EDQUOT') return true
  return /no space left|disk quota|storage of this device is full|the disk is full/i.test(errorMessage(thrown))
}

/** The `code` of an error of Node or LevelDB, found through the causes that wrap it. */
export function systemCode(thrown: unknown): string | undefined {
  for (let error: unknown = thrown; error instanceof Error; error = error.cause) {
    if ('code' in error && typeof error.code === 'string' && /^E[A-Z0-9]+$/.test(error.code)) return error.code
  }
  return undefined
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is nothing at this path'],
  ['ENOTDIR', 'a part of its path is a file, not a folder'],
  ['EISDIR', 'it is a folder'],
  ['EEXIST', 'something else is there'],
  ['EACCES', 'this user may not use it'],
  ['EPERM', 'this user may not use it'],
  ['EROFS', 'the disk is read-only'],
  ['ENAMETOOLONG', 'its path is too long'],
  ['ELOOP', 'its links lead in a circle'],
  ['ENOSPC', DISK_FULL],
  ['EDQUOT', DISK_FULL],
  ['EMFILE', 'too many files are open'],
  ['ENFILE', 'too many files are open']
])

/** What the system said about a file, without its code. */
export function reasonInWords(thrown: unknown): string {
  return REASONS.get(systemCode(thrown) ?? '') ?? oneLine(errorMessage(thrown))
}

export function oneLine(text: string): string {
  return text.replaceAll(/\s*[\r\n]+\s*/g, ' ').trim()
}

export { EnvironmentError, errorMessage, NotAllowedError, UnavailableError, UsageError }
