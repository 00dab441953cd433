// Builds the web app into dist/web, unless what is there was built from the very same sources; --force builds anyway.
import { createHash, type Hash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** What the result depends on: files, and folders with all that is in them. */
const SOURCES = ['package-lock.json', 'package.json', 'src/browser', 'src/core', 'stubs', 'vite.config.ts']
const RESULT = join(ROOT, 'dist/web/index.html')
const STAMP = join(ROOT, 'dist/web.stamp')

const hash = hashOfSources()
if (process.argv.includes('--force') || !isBuilt()) await buildWebApp()

async function buildWebApp(): Promise<void> {
  process.stderr.write('Building the web app.\n')
  rmSync(STAMP, { force: true })
  // A test runner's NODE_ENV would make a development build of it.
  process.env['NODE_ENV'] = 'production'
  // The configuration names its folders as seen from here.
  process.chdir(ROOT)
  const { build } = await import('vite')
  try {
    await build({ configFile: join(ROOT, 'vite.config.ts'), logLevel: 'warn' })
  } catch (thrown) {
    fail(`${thrown instanceof Error ? thrown.message : String(thrown)}\nThe web app could not be built: see above.`)
  }
  if (!existsSync(RESULT)) fail(`The web app was not built into ${RESULT}: correct build.outDir in vite.config.ts.`)
  mkdirSync(join(ROOT, 'dist'), { recursive: true })
  writeFileSync(STAMP, hash)
}

function isBuilt(): boolean {
  return existsSync(RESULT) && existsSync(STAMP) && readFileSync(STAMP, 'utf8') === hash
}

function hashOfSources(): string {
  const state = createHash('sha256')
  for (const source of SOURCES) addToHash(state, source)
  return state.digest('hex')
}

function addToHash(state: Hash, path: string): void {
  const full = join(ROOT, path)
  // The type checker's notes, which lie between the sources, are none of them.
  if (!existsSync(full) || path.endsWith('.tsbuildinfo')) return
  if (statSync(full).isDirectory()) {
    for (const name of readdirSync(full).sort()) addToHash(state, join(path, name))
    return
  }
  const bytes = readFileSync(full)
  state.update(`${path}\0${bytes.length}\0`).update(bytes)
}

function fail(line: string): never {
  process.stderr.write(`${line}\n`)
  process.exit(1)
}
