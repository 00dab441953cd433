// Checks the types of every program that tsconfig.json refers to, side by side. Each is checked on its own, against the
// libraries that are really there where it runs, and leaves no files behind (as `tsc -b` would).
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

const { references } = JSON.parse(readFileSync(`${ROOT}tsconfig.json`, 'utf8')) as { references: { path: string }[] }
const results = await Promise.all(references.map(({ path }) => check(path)))
if (!results.every(Boolean)) process.exitCode = 1

function check(path: string): Promise<boolean> {
  const child = spawn('tsc', ['-p', path], { cwd: ROOT, stdio: 'inherit' })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', status => resolve(status === 0))
  })
}
