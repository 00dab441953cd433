import { expect, test } from 'vitest'
import { LOOPBACK, startRelay } from './starling.ts'
import { launchBrowser, openTab } from './tabs.ts'

const RELAY = [...LOOPBACK, '--listen', '/ip4/127.0.0.1/udp/0/webrtc-direct'] as const

test('what is edited and deleted in one tab is seen in the other, and after a reload', async () => {
  const relay = await startRelay('relay', RELAY)
  const browser = await launchBrowser()
  const anna = await openTab('anna', await browser.newContext(), (await relay.ready()).http)
  await anna.enterAs('Anna')
  await anna.createRoom('Lobby')
  const bob = await openTab('bob', await browser.newContext(), await anna.inviteLink())
  await bob.enterAs('Bob')
  await bob.say('hello')
  await anna.hears('hello')
  for (const text of ['stays', 'says soemthing', 'goes']) await anna.say(text)
  await bob.hears('goes')

  const act = async (text: string, name: 'Edit' | 'Delete'): Promise<void> => {
    const row = anna.messages().locator('.message', { hasText: text })
    const press = async (): Promise<void> => {
      await row.hover()
      await row.getByRole('button', { name }).click({ timeout: 2000 })
    }
    // A message moves with what comes and goes below it, as what is said of an edit does: the pointer follows.
    await expect.poll(() => press().then(() => 'pressed', String), { timeout: 30_000 }).toBe('pressed')
  }
  await act('says soemthing', 'Edit')
  await anna.composer().fill('says something')
  const save = anna.page.getByRole('button', { name: 'Save' })
  await save.click()
  await save.waitFor({ state: 'hidden' })
  await act('goes', 'Delete')
  await anna.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()

  const expected = ['hello', 'stays', 'says something', 'Message deleted']
  const shownTo = (tab: typeof anna) => () => tab.messages().locator('.message-text, .tombstone').allTextContents()
  for (const tab of [anna, bob]) {
    await expect.poll(shownTo(tab), { timeout: 30_000 }).toEqual(expected)
    expect(await tab.messages().getByText('edited', { exact: true }).count()).toBe(1)
  }
  await bob.page.reload()
  await expect.poll(shownTo(bob), { timeout: 30_000 }).toEqual(expected)
  const actions = bob.messages().locator('.message', { hasText: 'stays' }).getByRole('button')
  expect(await actions.count()).toBe(0)
  expect([...anna.exceptions, ...bob.exceptions]).toEqual([])
})
