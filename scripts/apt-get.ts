import { spawnSync } from 'node:child_process'
import process from 'node:process'

/** Whether packages can be installed without anybody's help. */
export function mayInstall(): boolean {
  return process.getuid?.() === 0 && spawnSync('apt-get', ['--version']).status === 0
}

/** Installs packages of the distribution; what cannot be installed is for the caller to notice. */
export function install(...packages: string[]): void {
  aptGet('update', '-q')
  aptGet('install', '-y', '-q', '--no-install-recommends', ...packages)
}

function aptGet(...parts: string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  spawnSync('apt-get', parts, { stdio: ['ignore', 'ignore', 'inherit'], env })
}
