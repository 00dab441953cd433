import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const CLI = `const [, , code, ...rest] = process.argv
console.log(JSON.stringify({ pid: process.pid, rest }))
process.exitCode = Number(code)
`

let root: string

/** A checkout whose only dependency is a bundled Node that needs no registry. */
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'starling-launcher-'))
  for (const path of ['starling', 'scripts/ensure.mjs']) cpSync(join(ROOT, path), join(root, path))
  write('src/node/cli.ts', CLI)
  write(
    'bundled/package.json',
    JSON.stringify({ name: 'bundled', version: '1.0.0', bin: { node: 'node', vite: 'node' } })
  )
  write('bundled/node', `#!/bin/sh\nexec '${process.execPath}' "$@"\n`)
  chmodSync(join(root, 'bundled/node'), 0o755)
  write(
    'package.json',
    JSON.stringify({ name: 'planted', type: 'module', dependencies: { bundled: 'file:./bundled' } })
  )
  npm('install', '--package-lock-only', '--offline')
})

afterEach(() => rmSync(root, { recursive: true }))

test('./starling in a fresh clone installs what is missing, says so on stderr only, and runs', async () => {
  const { status, stdout, stderr } = await launch(join(root, 'starling'), '0')
  expect(stderr).toContain('Installing what Starling needs')
  expect(JSON.parse(stdout)).toMatchObject({ rest: [] })
  expect(status).toBe(0)
})

test('./starling works after `npm ci` alone, and installs nothing', async () => {
  npm('ci', '--offline')
  const { status, stderr } = await launch(join(root, 'starling'), '0')
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
})

test('./starling becomes the program: same process, arguments, exit code, through a symbolic link, too', async () => {
  npm('ci', '--offline')
  symlinkSync(join(root, 'starling'), join(root, 'link'))
  for (const path of ['starling', 'link']) {
    const { pid, status, stdout } = await launch(join(root, path), '7', 'two words', '--json')
    expect(JSON.parse(stdout)).toEqual({ pid, rest: ['two words', '--json'] })
    expect(status).toBe(7)
  }
})

test('what is installed is installed again only when the lock file changed', async () => {
  ensure()
  write('node_modules/marker', '')
  expect(ensure()).toBe('')
  expect(existsSync(join(root, 'node_modules/marker'))).toBe(true)

  write(
    'package.json',
    JSON.stringify({ name: 'renamed', type: 'module', dependencies: { bundled: 'file:./bundled' } })
  )
  npm('install', '--package-lock-only', '--offline')
  expect(ensure()).toContain('Installing what Starling needs')
  expect(existsSync(join(root, 'node_modules/marker'))).toBe(false)
})

test('what `npm ci` alone installed counts as installed', () => {
  npm('ci', '--offline')
  expect(ensure()).toBe('')
})

test('no script goes on after the installation in the same shell, which remembers where it found Node before', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }
  expect(Object.entries(scripts).filter(([, script]) => /ensure\.mjs./.test(script))).toEqual([])
  for (const name of ['start', 'test', 'verify']) expect(scripts[`pre${name}`]).toBe('node scripts/ensure.mjs')
})

test('an installation that fails says so in one last line', () => {
  write('package-lock.json', '{}')
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts/ensure.mjs')], { encoding: 'utf8' })
  expect(stderr.trimEnd().split('\n').at(-1)).toBe(
    'npm could not install what Starling needs (its messages are above): check the connection, then try again'
  )
  expect(status).toBe(1)
})

function write(path: string, text: string): void {
  mkdirSync(join(root, path, '..'), { recursive: true })
  writeFileSync(join(root, path), text)
}

function npm(...parts: string[]): void {
  const { status, stderr } = spawnSync('npm', parts, { cwd: root, encoding: 'utf8' })
  if (status !== 0) throw new Error(`npm ${parts.join(' ')}: ${stderr}`)
}

function ensure(): string {
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts/ensure.mjs')], { encoding: 'utf8' })
  expect(status).toBe(0)
  return stderr
}

interface Launched {
  readonly pid: number | undefined
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

function launch(path: string, ...parts: string[]): Promise<Launched> {
  const child = spawn(path, parts, { cwd: tmpdir() })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', status => resolve({ pid: child.pid, status, stdout, stderr }))
  })
}
