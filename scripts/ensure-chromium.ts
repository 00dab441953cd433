// Before the tests: installs Chromium where that needs nobody's help (apt-get, as root), else says how to get it.
import { spawnSync } from 'node:child_process'
import process from 'node:process'
import { chosenPath, findChromium, howToGetChromium } from './chromium.ts'

if (findChromium() === undefined && chosenPath() === undefined && mayInstall()) {
  process.stderr.write('Installing Chromium with apt-get, for the tests.\n')
  aptGet('update', '-q')
  aptGet('install', '-y', '-q', '--no-install-recommends', 'chromium')
}
if (findChromium() === undefined) {
  process.stderr.write(`${howToGetChromium()}\n`)
  process.exitCode = 1
}

function mayInstall(): boolean {
  return process.getuid?.() === 0 && spawnSync('apt-get', ['--version']).status === 0
}

function aptGet(...parts: string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  spawnSync('apt-get', parts, { stdio: ['ignore', 'ignore', 'inherit'], env })
}
