import { expect, test } from 'vitest'
import { addressOf, expectSuccess, LOOPBACK, start, startRelay, type Running } from './starling.ts'
import { launchBrowser, openTab } from './tabs.ts'

const RELAY = [...LOOPBACK, '--listen', '/ip4/127.0.0.1/udp/0/webrtc-direct'] as const
const ALONE = ['--no-mdns', '--no-upnp', '--http', '127.0.0.1:0'] as const

async function startTerminal(name: string, relay: Running): Promise<Running> {
  const peer = await start(name, ['up', ...ALONE, ...RELAY, '--bootstrap', await addressOf(relay)])
  await expectSuccess(peer.run('id', 'name', name))
  return peer
}

test('a private room in tabs and in the terminal: made, joined by invites, left against one’s will, and closed to old links', async () => {
  const relay = await startRelay('relay', RELAY)
  const { http } = await relay.ready()
  const browser = await launchBrowser()
  const anna = await openTab('anna', await browser.newContext(), http)
  await anna.enterAs('Anna')
  await anna.createRoom('Loft', 'Private')
  await anna.say('before you came')
  const link = await anna.inviteLink()

  const bob = await openTab('bob', await browser.newContext(), link)
  await bob.enterAs('Bob')
  await bob.composer().waitFor()
  await bob.say('hello from Bob')
  await anna.hears('hello from Bob')
  await anna.say('welcome')
  await bob.hears('welcome')
  expect(await bob.messages().getByText('before you came').count()).toBe(0)

  const cy = await startTerminal('cy', relay)
  await expectSuccess(cy.run('room', 'join', link))
  await expectSuccess(cy.run('send', 'Loft', 'from the terminal', '--wait', '2'))
  await anna.hears('from the terminal')

  await anna.openDetails()
  await anna.remove('Bob')
  await bob.page.getByText('You were removed from this room.').waitFor()
  expect(await bob.composer().count()).toBe(0)
  await anna.say('without Bob')
  await cy.hears('without Bob')
  await bob.page.goto('about:blank')
  await bob.page.goto(link)
  await bob.page.getByText('You are not let in again: this invite was revoked: ask for a new one.').waitFor()
  await bob.hears('welcome')
  expect(await bob.composer().count()).toBe(0)

  await anna.page.getByRole('combobox', { name: 'What newcomers read' }).selectOption('Everything')
  const dee = await openTab('dee', await browser.newContext(), await anna.inviteLink())
  await dee.enterAs('Dee')
  await dee.hears('without Bob')
  expect([...anna.exceptions, ...bob.exceptions, ...dee.exceptions]).toEqual([])
})
