// Checks the types of every program that tsconfig.json refers to, side by side. Each is checked on its own, against the
// libraries that are really there where it runs, and leaves no files behind (as `tsc -b` would). And that Node can run each
// source as it stands: what strips the types there reads less than the compiler (`const of of`), and no test loads every script.
import { spawn } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

const { references } = JSON.parse(readFileSync(`${ROOT}tsconfig.json`, 'utf8')) as { references: { path: string }[] }
const results = await Promise.all(references.map(({ path }) => check(path)))
const unfit = globSync('{src,scripts,bench,test}/**/*.ts', { cwd: ROOT }).flatMap(whyNotForNode)
for (const complaint of unfit) process.stderr.write(`${complaint}\n`)
if (!results.every(Boolean) || unfit.length > 0) process.exitCode = 1

function whyNotForNode(source: string): string[] {
  try {
    stripTypeScriptTypes(readFileSync(ROOT + source, 'utf8'))
    return []
  } catch (thrown) {
    return [`${source}: Node cannot run it: ${String(thrown)}`]
  }
}

function check(path: string): Promise<boolean> {
  const child = spawn('tsc', ['-p', path], { cwd: ROOT, stdio: 'inherit' })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', status => resolve(status === 0))
  })
}
