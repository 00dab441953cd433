// Installs what is missing, before `npm start`, `npm test` and `./starling`. Runs on whatever Node is there, even one
// that is too old for the program itself: the project brings its own as an optional dependency.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const lock = `${root}package-lock.json`
const stamp = `${root}node_modules/.starling-install`
const installedLock = `${root}node_modules/.package-lock.json`
const bundledNode = `${root}node_modules/.bin/node`

const BUNDLED_PLATFORMS = ['linux-x64', 'linux-arm64']
/** The first Node that runs TypeScript files as they are. */
const MINIMUM_NODE = [22, 18]

const hasBundledNode = BUNDLED_PLATFORMS.includes(`${process.platform}-${process.arch}`)
if (!hasBundledNode && isOld(process.versions.node)) {
  fail(
    `Starling needs Node ${MINIMUM_NODE.join('.')} or newer on ${process.platform} ${process.arch}, and this is ` +
      `${process.versions.node}: install a newer one from https://nodejs.org`
  )
}

const hash = createHash('sha256').update(readFileSync(lock)).digest('hex')
if (!isInstalled()) {
  install()
  if (hasBundledNode && !existsSync(bundledNode)) {
    fail('npm installed everything but Node itself: run `npm ci --include=optional` and try again')
  }
}
writeStamp()

function isInstalled() {
  if (hasBundledNode && !existsSync(bundledNode)) return false
  // What a plain `npm ci` left behind has no stamp. It counts when it is newer than the lock file and has the tools.
  if (!existsSync(stamp)) return existsSync(`${root}node_modules/.bin/vite`) && isNewer(installedLock, lock)
  return readFileSync(stamp, 'utf8') === hash
}

function isNewer(path, other) {
  return existsSync(path) && statSync(path).mtimeMs >= statSync(other).mtimeMs
}

function install() {
  process.stderr.write('Installing what Starling needs; this takes about half a minute.\n')
  const npm = process.env.npm_execpath
  const [command, ...before] = npm === undefined ? ['npm'] : [process.env.npm_node_execpath ?? process.execPath, npm]
  // Whatever the caller's settings leave out, development tools and the bundled Node are needed here.
  const parts = ['ci', '--loglevel=error', '--include=dev', '--include=optional']
  // stdout is the program's own: with --json, nothing else may stand there.
  const { status, error } = spawnSync(command, [...before, ...parts], { cwd: root, stdio: ['ignore', 2, 2] })
  if (status === 0) return
  const reason = error === undefined ? 'its messages are above' : `${command} could not be started`
  fail(`npm could not install what Starling needs (${reason}): check the connection, then try again`)
}

function writeStamp() {
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return
  try {
    writeFileSync(stamp, hash)
  } catch {
    // A read-only checkout runs as well; it is only checked again next time.
  }
}

function isOld(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major < MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor < MINIMUM_NODE[1])
}

function fail(line) {
  process.stderr.write(`${line}\n`)
  process.exit(1)
}
