// How long a newcomer waits for a long history: a tab that enters a room of a Node peer by its link, and in the same run a
// second Node peer that enters it. Ends when the first message of the room is acknowledged, which is the last to come.
// Also what the tab holds then. `npm run bench`
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import type { CDPSession, Page } from 'playwright-core'
import { hears, Lab, type LabPeer } from '../scripts/lab.ts'

const MESSAGES = Number(process.argv[2] ?? 5000)
/** Requests under way at a time: they share flushes to the disk. */
const AT_A_TIME = 32
const POLL_MS = 100

interface Told {
  readonly id: string
  readonly delivery?: { readonly to: number }
}

/** The room as its first member holds it, through the local API. */
class Room {
  readonly #base: string
  readonly #headers: Record<string, string>
  ids: string[] = []

  private constructor(http: string, token: string) {
    this.#base = `${http}/v1/rooms`
    this.#headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  }

  static async of({ http, data }: LabPeer): Promise<Room> {
    return new Room(http, (await readFile(join(data, 'token'), 'utf8')).trim())
  }

  async ask<T>(path: string, body?: object): Promise<T> {
    const request = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
    const response = await fetch(this.#base + path, { headers: this.#headers, ...request })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as T
  }

  async fill(): Promise<void> {
    await this.ask('', { name: 'bench', open: true })
    for (let sent = 0; sent < MESSAGES; sent += AT_A_TIME) {
      const texts = Array.from(
        { length: Math.min(AT_A_TIME, MESSAGES - sent) },
        (_, index) => `message ${sent + index}`
      )
      await Promise.all(texts.map(text => this.ask('/bench/messages', { text })))
    }
  }

  /** The two oldest messages. */
  async oldest(): Promise<readonly Told[]> {
    let page = await this.ask<Told[]>('/bench/messages?limit=1000')
    for (let before = page; before.length > 2;) {
      page = before
      before = await this.ask<Told[]>(`/bench/messages?limit=1000&before=${page[0]?.id}`)
      if (before.length <= 2) return [...before, ...page].slice(0, 2)
    }
    return page.slice(0, 2)
  }

  /** Resolves when this many others have the oldest message. */
  async untilHeldBy(count: number, second: string): Promise<void> {
    for (;;) {
      const [first] = await this.ask<Told[]>(`/bench/messages?limit=1&before=${second}`)
      if ((first?.delivery?.to ?? 0) >= count) return
      await new Promise(resolve => setTimeout(resolve, POLL_MS))
    }
  }
}

const lab = new Lab()
try {
  await benchNewcomer()
} finally {
  await lab.clear()
}

async function benchNewcomer(): Promise<void> {
  const anna = await lab.start('up')
  const room = await Room.of(anna)
  await room.fill()
  const second = (await room.oldest())[1]?.id ?? ''
  const { invite } = await room.ask<{ invite: string }>(`/bench/invite?web=${anna.http}/`)

  const node = await lab.start('up')
  const other = await Room.of(node)
  const byNode = await timed(async () => {
    await other.ask('', { link: invite })
    await room.untilHeldBy(1, second)
  })
  await node.kill()
  print('a Node newcomer, all of it', byNode)

  const page = await (await (await lab.browser()).newContext()).newPage()
  const devtools = await page.context().newCDPSession(page)
  await page.goto(invite)
  await page.getByRole('textbox', { name: 'Nickname' }).fill('Bob')
  const start = performance.now()
  await page.getByRole('button', { name: 'Start' }).click()
  await hears(page, `message ${MESSAGES - 1}`)
  print('a tab, newest message shown', performance.now() - start)
  await room.untilHeldBy(2, second)
  print('a tab, all of it', performance.now() - start, byNode)
  await printHeld(page, devtools)
}

async function printHeld(page: Page, devtools: CDPSession): Promise<void> {
  await devtools.send('HeapProfiler.collectGarbage')
  const { usedSize } = await devtools.send('Runtime.getHeapUsage')
  const shown = await page.locator('.message').count()
  process.stdout.write(`in the page: ${shown} messages, heap ${(usedSize / 1024 / 1024).toFixed(1)} MiB\n`)
}

async function timed(run: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await run()
  return performance.now() - start
}

function print(what: string, ms: number, bare?: number): void {
  const ratio = bare === undefined ? '' : ` · ${(ms / bare).toFixed(1)} times the Node newcomer`
  const rate = Math.round((MESSAGES / ms) * 1000)
  process.stdout.write(`${what.padEnd(32)} ${Math.round(ms)} ms · ${rate} messages/s${ratio}\n`)
}
