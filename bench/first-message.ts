// How long people wait: `starling up` to ready against a Node that does nothing, and page open to first message between
// two tabs, cold and warm, against a page that only loads. Also the size of the web app. `npm run bench`
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import type { Browser, Page } from 'playwright-core'
import { hears, Lab, makeRoom, say } from '../scripts/lab.ts'

const WEB = fileURLToPath(new URL('../dist/web', import.meta.url))
const RUNS = 5

const lab = new Lab()
try {
  await benchStart()
  await benchTabs(await lab.browser())
  await printSizes()
} finally {
  await lab.clear()
}

async function benchStart(): Promise<void> {
  const bare = await median(async () => {
    await once(spawn(process.execPath, ['-e', '']), 'exit')
  })
  const data = await lab.folder()
  const ready = await median(async () => {
    const peer = await lab.start('up', data)
    return peer.kill
  })
  print('node -e ""', bare)
  print('starling up to ready', ready, bare)
}

async function benchTabs(browser: Browser): Promise<void> {
  const relay = await lab.start('relay')
  const anna = await (await browser.newContext()).newPage()
  await enter(anna, relay.http, 'Anna')
  const link = await makeRoom(anna, 'bench')
  const bare = await median(async () => {
    const page = await (await browser.newContext()).newPage()
    await page.goto(`${relay.http}/health`)
    return () => page.context().close()
  })
  print('a page that only loads', bare)
  let count = 0
  const pages: Page[] = []
  const cold = await median(async () => {
    const page = await (await browser.newContext()).newPage()
    pages.push(page)
    await enter(page, link, `Bob ${(count += 1)}`)
    await firstMessage(page, anna, `cold ${count}`)
    return () => page.close()
  })
  print('new profile, link to first message', cold, bare)
  const context = pages[0]?.context()
  if (context === undefined) return
  const warm = await median(async () => {
    const page = await context.newPage()
    await page.goto(link)
    await firstMessage(page, anna, `warm ${(count += 1)}`)
    return () => page.close()
  })
  print('known profile, link to first message', warm, bare)
}

/** From this tab to the other and shown there. */
async function firstMessage(page: Page, other: Page, text: string): Promise<void> {
  await say(page, text)
  await hears(other, text)
}

async function enter(page: Page, address: string, nick: string): Promise<void> {
  await page.goto(address)
  await page.getByRole('textbox', { name: 'Nickname' }).fill(nick)
  await page.getByRole('button', { name: 'Start' }).click()
}

async function printSizes(): Promise<void> {
  const files = (await readdir(WEB, { recursive: true })).filter(file => /\.(?:js|css|html|svg)$/.test(file))
  const index = await readFile(join(WEB, 'index.html'), 'utf8')
  const first = files.filter(file => file === 'index.html' || index.includes(file.split('/').at(-1) ?? file))
  for (const [what, list] of Object.entries({ 'first paint': first, 'all of it': files })) {
    const contents = await Promise.all(list.map(file => readFile(join(WEB, file))))
    const sum = (size: (bytes: Buffer) => number): string =>
      (contents.reduce((total, bytes) => total + size(bytes), 0) / 1024).toFixed(1)
    const packed = `${sum(bytes => gzipSync(bytes).length)} gzip, ${sum(bytes => brotliCompressSync(bytes).length)} brotli`
    process.stdout.write(`${`web app, ${what}`.padEnd(40)} ${sum(bytes => bytes.length)} KiB raw, ${packed}\n`)
  }
}

type Undo = (() => Promise<void>) | undefined

/** Milliseconds, the middle of a few runs; what a run returns is done after the clock has stopped. */
async function median(run: () => Promise<Undo | void>): Promise<number> {
  const times: number[] = []
  for (let count = 0; count < RUNS; count += 1) {
    const start = performance.now()
    const undo = await run()
    times.push(performance.now() - start)
    await undo?.()
  }
  return times.sort((a, b) => a - b)[Math.floor(RUNS / 2)] ?? 0
}

function print(what: string, ms: number, bare?: number): void {
  const ratio = bare === undefined ? '' : ` · ${(ms / bare).toFixed(1)} times the bare one`
  process.stdout.write(`${what.padEnd(40)} ${Math.round(ms)} ms${ratio}\n`)
}
