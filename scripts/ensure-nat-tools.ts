// Before the tests: installs what the NAT lab needs, coturn among it, where that needs nobody's help (apt-get, as root). Elsewhere its tests
// are skipped and say so.
import { spawnSync } from 'node:child_process'
import process from 'node:process'
import { install, mayInstall } from './apt-get.ts'

const missing = [
  ['ip', 'iproute2'],
  ['nft', 'nftables'],
  ['turnserver', 'coturn']
].flatMap(([command = '', name = '']) => (spawnSync(command, ['--version']).error === undefined ? [] : [name]))

if (missing.length > 0 && mayInstall()) {
  process.stderr.write(`Installing ${missing.join(' and ')} with apt-get, for the tests.\n`)
  install(...missing)
}
