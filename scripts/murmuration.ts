// Shows the network page with synthetic peers, to be looked at: takes its picture at phone and desktop width, light and
// dark, and says what a frame costs. `npm run murmuration -- --peers 200` writes to screenshots/; with --stay it goes on
// serving the page, for a browser of one's own.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { chromium, type Page } from 'playwright-core'
import { createServer } from 'vite'
import { chromiumArguments, requireChromium } from './chromium.ts'
import { readOptions } from './read-options.ts'

const FOLDER = fileURLToPath(new URL('../screenshots', import.meta.url))
const WIDTHS = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } } as const
/** The flock has gathered by then. */
const GATHERED_MILLIS = 9000
const MEASURED_FRAMES = 180

const { values } = readOptions('murmuration', {
  options: { peers: { type: 'string', default: '12,200' }, stay: { type: 'boolean', default: false } }
})
const server = await createServer({
  configFile: false,
  root: fileURLToPath(new URL('murmuration', import.meta.url)),
  logLevel: 'warn',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  server: { host: '127.0.0.1', port: 0, fs: { allow: ['../..'] } }
})
await server.listen()
const address = server.resolvedUrls?.local[0] ?? ''
const browser = await chromium.launch({ executablePath: requireChromium(), args: chromiumArguments })
try {
  await mkdir(FOLDER, { recursive: true })
  for (const size of values.peers.split(',')) await look(Number(size))
} finally {
  await browser.close()
  if (!values.stay) await server.close()
}
if (values.stay) process.stdout.write(`${address}?peers=${values.peers.split(',')[0]} (Ctrl-C stops)\n`)

async function look(size: number): Promise<void> {
  const page = await browser.newPage({ viewport: WIDTHS.desktop })
  await page.goto(`${address}?peers=${size}`)
  await page.getByRole('listbox', { name: 'Flock of peers' }).waitFor({ state: 'attached' })
  await page.waitForTimeout(GATHERED_MILLIS)
  process.stdout.write(`${size} peers: ${await frameCost(page)}\n`)
  for (const [device, viewport] of Object.entries(WIDTHS)) {
    await page.setViewportSize(viewport)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await page.waitForTimeout(2500)
      const path = join(FOLDER, `murmuration-${size}-${device}-${colorScheme}.png`)
      await page.screenshot({ path })
      process.stdout.write(`${path}\n`)
    }
  }
  await page.close()
}

/** Time that scripts take in a frame, and frames that there were in a second. */
async function frameCost(page: Page): Promise<string> {
  const costs = await page.evaluate(async count => {
    const found: number[] = []
    const request = requestAnimationFrame
    const began = performance.now()
    await new Promise<void>(resolve => {
      globalThis.requestAnimationFrame = run =>
        request(now => {
          const start = performance.now()
          run(now)
          found.push(performance.now() - start)
          if (found.length === count) resolve()
        })
    })
    globalThis.requestAnimationFrame = request
    return { found, rate: (found.length / (performance.now() - began)) * 1000 }
  }, MEASURED_FRAMES)
  const sorted = costs.found.toSorted((a, b) => a - b)
  const at = (share: number): string => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(1)
  return `a frame costs ${at(0.5)} ms (95%: ${at(0.95)} ms), ${costs.rate.toFixed(0)} frames a second`
}
