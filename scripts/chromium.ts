// Finds the Chromium that tests and screenshots drive: CHROMIUM_PATH, else an installed one.
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import process from 'node:process'

const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const APPLICATIONS = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'
]

/** Root, as in most containers, cannot use Chromium's sandbox. */
export const chromiumArguments = process.getuid?.() === 0 ? ['--no-sandbox'] : []

/** The path of a Chromium that can be run, or undefined. A CHROMIUM_PATH that cannot is not passed over in silence. */
export function findChromium(): string | undefined {
  const chosen = chosenPath()
  if (chosen !== undefined) return isProgram(chosen) ? chosen : undefined
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin'].filter(folder => folder !== '')
  const installed = PROGRAMS.flatMap(name => folders.map(folder => join(folder, name)))
  return [...installed, ...APPLICATIONS].find(isProgram)
}

/** The path of a Chromium that can be run; throws the line that says how to get one. */
export function requireChromium(): string {
  const path = findChromium()
  if (path === undefined) throw new Error(howToGetChromium())
  return path
}

export function howToGetChromium(): string {
  const chosen = chosenPath()
  if (chosen !== undefined) {
    return `CHROMIUM_PATH is not a program that can be run: ${chosen}. Correct it, or unset it to use an installed one.`
  }
  return (
    'Tests need Chromium, and none was found: install it (Debian: `apt-get install chromium`; macOS: ' +
    '`brew install --cask chromium`), or set CHROMIUM_PATH to a Chromium or Chrome program.'
  )
}

/** The path that the environment asks for, if any. */
export function chosenPath(): string | undefined {
  const path = process.env['CHROMIUM_PATH']
  return path === '' ? undefined : path
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
