// Before the tests: installs Chromium where that needs nobody's help (apt-get, as root), else says how to get it.
import process from 'node:process'
import { install, mayInstall } from './apt-get.ts'
import { chosenPath, findChromium, howToGetChromium } from './chromium.ts'

if (findChromium() === undefined && chosenPath() === undefined && mayInstall()) {
  process.stderr.write('Installing Chromium with apt-get, for the tests.\n')
  install('chromium')
}
if (findChromium() === undefined) {
  process.stderr.write(`${howToGetChromium()}\n`)
  process.exitCode = 1
}
