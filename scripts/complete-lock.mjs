// Completes package-lock.json after `npm install`: `npm ci` rejects a lock file that lacks an optional package for
// some other platform, and `npm install` silently leaves out those whose newest version the registry does not hold.
// Each gets an entry with its version, os and cpu, so that `npm ci` accepts the file and skips the package elsewhere.
import { readFileSync, writeFileSync } from 'node:fs'

const path = new URL('../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(path, 'utf8'))
const cpus = { 'arm-eabi': 'arm', 'arm-gnueabihf': 'arm', 'arm-musleabihf': 'arm', wasm32: 'wasm32' }

function platformOf(name) {
  const match = /(?:binding-|\/)(android|darwin|freebsd|linux|openharmony|win32)-(.+)$/.exec(name)
  if (match === null) return undefined
  const [, os, rest] = match
  return { os: [os], cpu: [cpus[rest] ?? rest.split('-')[0]] }
}

const added = []
for (const { optionalDependencies = {} } of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const key = `node_modules/${name}`
    const platform = platformOf(name)
    if (lock.packages[key] !== undefined || platform === undefined) continue
    lock.packages[key] = { version, dev: true, optional: true, ...platform }
    added.push(name)
  }
}
const sorted = Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1))
lock.packages = Object.fromEntries(sorted)
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`)
process.stdout.write(`package-lock.json: ${added.length} packages of other platforms added\n`)
