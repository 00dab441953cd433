// How long two tabs stay on the relay before WebRTC carries them: joins by link, each from a new profile, timed from the
// first sight of each other to "direct" at both, with how many took longer than a stalled try would. `node bench/direct.ts [JOINS]`
import process from 'node:process'
import type { Page } from 'playwright-core'
import { Lab, makeRoom } from '../scripts/lab.ts'

const JOINS = Number(process.argv[2] ?? 30)
/** Slower than any upgrade that goes well, sooner than one that has to be given up and tried again. */
const STALLED_MS = 3_000
const LIMIT_MS = 60_000
const TOGETHER = /\b1 (?:person|peer|other)/i
const DIRECT = /\b1 (?:person|peer|other).*direct/i

const lab = new Lab()
try {
  const times: number[] = []
  for (let join = 0; join < JOINS; join += 1) times.push(await timeOfJoin(join))
  const sorted = times.toSorted((a, b) => a - b)
  const stalled = times.filter(time => time > STALLED_MS).length
  process.stdout.write(
    `${JOINS} joins: median ${sorted[Math.floor(JOINS / 2)]} ms, slowest ${sorted.at(-1)} ms, ${stalled} over ${STALLED_MS} ms\n`
  )
} finally {
  await lab.clear()
}

async function timeOfJoin(join: number): Promise<number> {
  const browser = await lab.browser()
  const relay = await lab.start('relay')
  try {
    const anna = await (await browser.newContext()).newPage()
    await enter(anna, relay.http, 'Anna')
    const link = await makeRoom(anna, 'bench')
    const bob = await (await browser.newContext()).newPage()
    await enter(bob, link, 'Bob')
    await Promise.all([says(anna, TOGETHER), says(bob, TOGETHER)])
    const start = performance.now()
    await Promise.all([says(anna, DIRECT), says(bob, DIRECT)])
    const time = Math.round(performance.now() - start)
    process.stdout.write(`${join + 1}: ${time} ms\n`)
    return time
  } finally {
    await browser.close()
    await relay.kill()
  }
}

async function enter(page: Page, address: string, nick: string): Promise<void> {
  await page.goto(address)
  await page.getByRole('textbox', { name: 'Nickname' }).fill(nick)
  await page.getByRole('button', { name: 'Start' }).click()
}

async function says(page: Page, words: RegExp): Promise<void> {
  const line = page.getByRole('status', { name: 'Connection' }).filter({ hasText: words })
  await line.first().waitFor({ timeout: LIMIT_MS })
}
