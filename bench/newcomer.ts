// How long a newcomer waits for a long history: a tab that enters a room of a Node peer by its link, and in the same run a
// second Node peer that enters it. Ends when the first message of the room is acknowledged, which is the last to come.
// Also what the tab holds then. `npm run bench`
import process from 'node:process'
import type { CDPSession, Page } from 'playwright-core'
import { hears, Lab } from '../scripts/lab.ts'
import { RoomOverHttp } from '../scripts/room-over-http.ts'

const MESSAGES = Number(process.argv[2] ?? 5000)

const lab = new Lab()
try {
  await benchNewcomer()
} finally {
  await lab.clear()
}

async function benchNewcomer(): Promise<void> {
  const anna = await lab.start('up')
  const room = await RoomOverHttp.of(anna, 'bench')
  await room.fill(MESSAGES)
  const second = await room.secondOldest()
  const invite = await room.invite()

  const node = await lab.start('up')
  const byNode = await timed(async () => {
    await RoomOverHttp.enter(node, invite)
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
