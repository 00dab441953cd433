import { expect, onTestFinished, test } from 'vitest'
import type { Browser } from 'playwright-core'
import { addressOf, LOOPBACK, startPeer, startRelay } from './starling.ts'
import { launchBrowser, openTab } from './tabs.ts'

const RELAY = [...LOOPBACK, '--no-mdns'] as const

/** Stops the processes in which this browser's pages run, as a phone does with a browser in the background. */
async function freeze(browser: Browser): Promise<{ thaw(): void }> {
  const session = await browser.newBrowserCDPSession()
  const { processInfo } = await session.send('SystemInfo.getProcessInfo')
  const pages = processInfo.flatMap(({ type, id }) => (type === 'renderer' ? [id] : []))
  const thaw = (): void => pages.splice(0).forEach(id => process.kill(id, 'SIGCONT'))
  onTestFinished(thaw)
  expect(pages).not.toEqual([])
  for (const id of pages) process.kill(id, 'SIGSTOP')
  return { thaw }
}

test('A tab that was frozen until the others took it for gone is back, with what was said meanwhile', async () => {
  const relay = await startRelay('relay', RELAY)
  const bob = await startPeer('bob', [...RELAY, '--bootstrap', await addressOf(relay)])
  const browser = await launchBrowser()
  const anna = await openTab('anna', browser, (await relay.ready()).http)
  await anna.enterAs('Anna')
  await anna.createRoom('lobby')
  expect(await bob.run('send', 'lobby', 'before', '--wait', '1')).toMatchObject({ code: 0 })

  const { thaw } = await freeze(browser)
  await bob.event('taking Anna for gone', ({ event, change }) => event === 'member' && change === 'offline', 180_000)
  expect(await bob.run('send', 'lobby', 'while you were frozen')).toMatchObject({ code: 0 })
  thaw()
  await anna.hears('while you were frozen')
  await anna.say('thawed')
  await bob.hears('thawed')
  expect(anna.exceptions).toEqual([])
})
