import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { MAX_IN_PAGE } from '../../src/browser/state/view-window.ts'
import { LOOPBACK, startPeer, startRelay } from './starling.ts'
import { launchBrowser, openTab } from './tabs.ts'

const RELAY = [...LOOPBACK, '--listen', '/ip4/127.0.0.1/udp/0/webrtc-direct'] as const
const HISTORY = 400

test('a tab that was closed in a room draws the line for what is new above all that was said meanwhile', async () => {
  const relay = await startRelay('relay', RELAY)
  const browser = await launchBrowser()
  const [atAnna, atBob] = [await browser.newContext(), await browser.newContext()]
  const { http } = await relay.ready()
  const anna = await openTab('anna', atAnna, http)
  await anna.enterAs('Anna')
  await anna.createRoom('Lobby')
  const bob = await openTab('bob', atBob, await anna.inviteLink())
  await bob.enterAs('Bob')
  await bob.say('before')
  await anna.hears('before')
  // What is stored after it: by then it is noted, too, that it was read.
  await anna.say('and I')
  await anna.hasSent()
  await anna.page.close()
  for (const text of ['one', 'two', 'three']) await bob.say(text)
  await bob.hears('three')
  const again = await openTab('anna again', atAnna, http)
  await again.hears('one')
  await again.hears('three')
  const shown = () => again.messages().locator('.line-new, .message-text').allTextContents()
  await expect.poll(shown).toEqual(['before', 'and I', 'New', 'one', 'two', 'three'])
  expect(again.exceptions).toEqual([])
})

test('a newcomer’s tab shows the newest first, then where it begins, and holds a few screens of it', async () => {
  const peer = await startPeer('bob', [...RELAY, '--http', '127.0.0.1:0'])
  const { http } = await peer.ready()
  const token = await readFile(join(peer.data, 'token'), 'utf8')
  const headers = { authorization: `Bearer ${token.trim()}`, 'content-type': 'application/json' }
  for (let index = 0; index < HISTORY; index += 1) {
    const body = JSON.stringify({ text: `message ${index}` })
    const response = await fetch(`${http}/v1/rooms/lobby/messages`, { method: 'POST', headers, body })
    expect(response.status).toBe(200)
  }
  const { stdout } = await peer.run('room', 'invite', 'lobby')
  const tab = await openTab('anna', await launchBrowser(), stdout.trim().replace('starling:', `${http}/#/`))
  await tab.enterAs('Anna')
  await tab.hears(`message ${HISTORY - 1}`)
  const list = tab.messages()
  const begins = list.getByText('This is where it begins, as far as this tab knows.')
  await expect
    .poll(
      async () => {
        await list.evaluate(element => {
          element.scrollTop = 0
        })
        expect(await list.locator('.message').count()).toBeLessThanOrEqual(MAX_IN_PAGE)
        return begins.count()
      },
      { timeout: 60_000 }
    )
    .toBe(1)
  await tab.hears('message 0')
  expect(tab.exceptions).toEqual([])
})
