import { execFileSync, spawnSync } from 'node:child_process'
import process from 'node:process'
import { onTestFinished } from 'vitest'

/** Why network namespaces cannot be made here; undefined when they can. */
export function whyNoNamespaces(): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces need Linux'
  if (process.getuid?.() !== 0) return 'network namespaces need root'
  if (spawnSync('ip', ['-V']).status !== 0) return 'network namespaces need the `ip` command (package iproute2)'
  const probe = `starling-probe-${process.pid}`
  const made = spawnSync('ip', ['netns', 'add', probe])
  if (made.status !== 0) return `network namespaces cannot be made here: ${made.stderr.toString().trim()}`
  spawnSync('ip', ['netns', 'delete', probe])
  return undefined
}

/** A LAN of its own, on which nothing reaches anything outside: the words that run a command inside it. */
export function makeLan(name: string): readonly string[] {
  const namespace = `${name}-${process.pid}`
  const ip = (...args: string[]): Buffer => execFileSync('ip', args)
  ip('netns', 'add', namespace)
  onTestFinished(() => void spawnSync('ip', ['netns', 'delete', namespace]))
  const inside = (...args: string[]): Buffer => ip('-n', namespace, ...args)
  inside('link', 'set', 'lo', 'up')
  inside('link', 'add', 'lan0', 'type', 'veth', 'peer', 'name', 'lan1')
  inside('address', 'add', '10.77.0.1/24', 'dev', 'lan0')
  inside('link', 'set', 'lan0', 'up')
  inside('link', 'set', 'lan1', 'up')
  inside('route', 'add', '224.0.0.0/4', 'dev', 'lan0')
  return ['ip', 'netns', 'exec', namespace]
}
