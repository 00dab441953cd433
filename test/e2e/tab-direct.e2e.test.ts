import { expect, test } from 'vitest'
import { LOOPBACK, startRelay } from './starling.ts'
import { launchBrowser, openTab, type Tab } from './tabs.ts'

const RELAY = [...LOOPBACK, '--listen', '/ip4/127.0.0.1/udp/0/webrtc-direct'] as const

async function message(tab: Tab, nick: string): Promise<void> {
  await tab.page.getByRole('button', { name: 'Details', exact: true }).click()
  await tab.page.getByRole('button', { name: `Message ${nick}` }).click()
  await tab.page.getByRole('heading', { name: nick, level: 2 }).waitFor()
  await tab.composer().waitFor()
}

function directs(tab: Tab) {
  return tab.page.getByRole('list', { name: 'Direct messages' }).getByRole('link')
}

async function openTabs(
  http: string
): Promise<{ anna: Tab; bob: Tab; cy: Tab; enter: (link: string) => Promise<void> }> {
  const browser = await launchBrowser()
  const [anna, bob, cy] = [
    await openTab('anna', await browser.newContext(), http),
    await openTab('bob', await browser.newContext(), http),
    await openTab('cy', await browser.newContext(), http)
  ]
  for (const [tab, nick] of [
    [anna, 'Anna'],
    [bob, 'Bob'],
    [cy, 'Cy']
  ] as const)
    await tab.enterAs(nick)
  const enter = async (link: string): Promise<void> => {
    for (const tab of [bob, cy]) {
      await tab.page.goto(link)
      await tab.composer().waitFor()
    }
  }
  return { anna, bob, cy, enter }
}

test('two tabs in one private room talk alone, and the third sees nothing of it', async () => {
  const relay = await startRelay('relay', RELAY)
  const { anna, bob, cy, enter } = await openTabs((await relay.ready()).http)
  await anna.createRoom('Loft', 'Private')
  await enter(await anna.inviteLink())
  await cy.say('hello all')
  await anna.hears('hello all')
  await message(anna, 'Bob')
  await anna.say('only for you')
  await directs(bob).filter({ hasText: 'only for you' }).click()
  await bob.hears('only for you')
  await bob.say('nobody else reads this')
  await anna.hears('nobody else reads this')
  expect(await anna.page.getByRole('button', { name: 'Invite', exact: true }).count()).toBe(0)
  await anna.page.getByRole('button', { name: 'Details', exact: true }).click()
  await anna.page.getByRole('button', { name: 'Safety number of Bob' }).waitFor()
  expect(await directs(cy).count()).toBe(0)
  expect([...anna.exceptions, ...bob.exceptions, ...cy.exceptions]).toEqual([])
})

test('who is known from an open room alone is asked about first', async () => {
  const relay = await startRelay('relay', RELAY)
  const { anna, bob, cy, enter } = await openTabs((await relay.ready()).http)
  await anna.createRoom('lobby', 'Open')
  await enter(await anna.inviteLink())
  for (const tab of [anna, bob, cy]) await tab.say(`hello from ${tab.name}`)
  for (const tab of [anna, bob, cy]) for (const other of [anna, bob, cy]) await tab.hears(`hello from ${other.name}`)
  await message(anna, 'Bob')
  await anna.say('do you remember me?')
  await directs(bob).filter({ hasText: 'Would like to write to you' }).click()
  await bob.page.getByRole('heading', { name: 'Anna would like to write to you' }).waitFor()
  await bob.page.getByRole('button', { name: 'Accept' }).click()
  await bob.hears('do you remember me?')
  await message(cy, 'Bob')
  await directs(bob).filter({ hasText: 'Would like to write to you' }).click()
  await bob.page.getByRole('button', { name: 'Refuse' }).click()
  await expect.poll(() => directs(bob).count()).toBe(1)
  expect([...anna.exceptions, ...bob.exceptions, ...cy.exceptions]).toEqual([])
})
