import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, stat } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, onTestFailed, onTestFinished, test } from 'vitest'
import { temporaryFolder } from './starling.ts'
import { launchBrowser, openTab } from './tabs.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** The files of a clone, without anything installed or built. */
async function clone(): Promise<string> {
  const folder = await temporaryFolder()
  const listed = execFileSync('git', ['ls-files', '-z', '-co', '--exclude-standard'], { cwd: ROOT }).toString()
  for (const file of listed.split('\0').filter(name => name !== '')) await cp(join(ROOT, file), join(folder, file))
  return folder
}

/** `npm start` as somebody types it, on the machine's own Node. */
async function npmStart(folder: string, data: string) {
  const path = (process.env['PATH'] ?? '').split(delimiter).filter(each => !each.includes('node_modules'))
  const args = ['start', '--', '--http', '127.0.0.1:0', '--no-mdns', '--no-upnp', '--data', data, '--json']
  const env = { ...process.env, PATH: path.join(delimiter), npm_execpath: undefined, npm_node_execpath: undefined }
  const child = spawn('npm', args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const lines: string[] = []
  onTestFailed(() => void process.stderr.write(`${lines.join('\n')}\n`))
  onTestFinished(() => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-(child.pid ?? 0), 'SIGKILL')
  })
  createInterface({ input: child.stderr }).on('line', line => lines.push(line))
  const { promise, resolve, reject } = Promise.withResolvers<{ http: string; peer: string }>()
  createInterface({ input: child.stdout }).on('line', line => {
    lines.push(line)
    if (line.startsWith('{"event":"ready"')) resolve(JSON.parse(line) as { http: string; peer: string })
  })
  child.once('exit', () => reject(new Error('npm start ended before the peer was ready')))
  const ready = await promise
  return {
    ...ready,
    async stop(): Promise<void> {
      process.kill(-(child.pid ?? 0), 'SIGTERM')
      await once(child, 'exit')
    }
  }
}

test('npm start on a fresh clone installs, builds and serves; the second time it does neither', async () => {
  const [folder, data] = [await clone(), await temporaryFolder()]
  const first = await npmStart(folder, data)
  const tab = await openTab('anna', await launchBrowser(), first.http)
  await tab.enterAs('Anna')
  await tab.createRoom('Lobby')
  expect(tab.exceptions).toEqual([])
  await first.stop()

  const made = ['node_modules/.package-lock.json', 'dist/web/index.html'].map(file => join(folder, file))
  const before = await Promise.all(made.map(async file => (await stat(file)).mtimeMs))
  const second = await npmStart(folder, data)
  expect(second.peer).toBe(first.peer)
  expect(await Promise.all(made.map(async file => (await stat(file)).mtimeMs))).toEqual(before)
  await second.stop()
})
