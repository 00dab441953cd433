import type { BrowserContext } from 'playwright-core'
import { expect, test } from 'vitest'
import { LOOPBACK, startRelay } from './starling.ts'
import { launchBrowser, openTab, type Tab } from './tabs.ts'

const RELAY = [...LOOPBACK, '--listen', '/ip4/127.0.0.1/udp/0/webrtc-direct'] as const
/** As many as it takes: who missed them all meets nobody by what it knows. */
const GONE = ['Nils', 'Ole', 'Pia'] as const

/** What is said then is under keys of its own: two who are removed at once may go with one change of keys. */
async function remove(tab: Tab, nick: string): Promise<void> {
  await tab.remove(nick)
  await tab.say(`${nick} is gone`)
  const said = tab.page.locator('.message', { hasText: `${nick} is gone` })
  await said.getByRole('img', { name: 'Sent' }).waitFor()
}

test('a tab that was closed while four were removed comes back by a new invite, and so does one of the four', async () => {
  const relay = await startRelay('relay', RELAY)
  const { http } = await relay.ready()
  const browser = await launchBrowser()
  const anna = await openTab('anna', await browser.newContext(), http)
  await anna.enterAs('Anna')
  await anna.createRoom('Loft', 'Private')
  const link = await anna.inviteLink()
  const visit = async (nick: string): Promise<BrowserContext> => {
    const context = await browser.newContext()
    const tab = await openTab(nick, context, link)
    await tab.enterAs(nick)
    await tab.say(`${nick} is here`)
    await anna.hears(`${nick} is here`)
    await tab.page.close()
    return context
  }
  const [atCy, atMara] = await Promise.all(['Cy', 'Mara', ...GONE].map(visit))
  if (atCy === undefined || atMara === undefined) throw new Error('nobody came')
  await anna.openDetails()
  for (const nick of ['Mara', ...GONE]) await remove(anna, nick)
  const fresh = await anna.inviteLink()

  const cy = await openTab('cy', atCy, http)
  await cy.say('is anybody there?')
  await cy.hasSent()
  await cy.page.goto(fresh)
  await cy.hears('Pia is gone')
  await anna.hears('is anybody there?')

  const mara = await openTab('mara', atMara, fresh)
  await mara.say('let in anew')
  for (const tab of [anna, cy]) await tab.hears('let in anew')
  await cy.say('welcome back')
  await mara.hears('welcome back')
  await mara.hears('Mara is here')
  expect(await mara.messages().getByText('Mara is gone').count()).toBe(0)
  expect([...anna.exceptions, ...cy.exceptions, ...mara.exceptions]).toEqual([])
})
