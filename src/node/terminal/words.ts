import { readFile } from 'node:fs/promises'
import { UsageError } from '../exits.ts'

/**
 * The words of the command line. Node puts U+FFFD in place of what is not UTF-8; where it appears, the system is asked
 * what was really typed.
 */
export async function checkWords(words: readonly string[]): Promise<readonly string[]> {
  if (!words.some(word => word.includes('\uFFFD'))) return words
  const typed = await readFile('/proc/self/cmdline').catch(() => undefined)
  if (typed === undefined) return words
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(typed)
    return words
  } catch {
    throw new UsageError('the command line is not valid UTF-8: set the locale of the terminal to UTF-8')
  }
}
