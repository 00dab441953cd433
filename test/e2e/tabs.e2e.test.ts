import { describe, expect, test } from 'vitest'
import { addressOf, LOOPBACK, start, startPeer, startRelay, temporaryFolder, type Running } from './starling.ts'
import { launchBrowser, openTab, type Tab } from './tabs.ts'

const RELAY = [...LOOPBACK, '--listen', '/ip4/127.0.0.1/udp/0/webrtc-direct'] as const

async function webAddress(running: Running): Promise<string> {
  return (await running.ready()).http
}

/** Anna opens a room in one profile and sends the link to Bob in another. */
async function annaAndBob(address: string): Promise<{ anna: Tab; bob: Tab }> {
  const browser = await launchBrowser()
  const anna = await openTab('anna', await browser.newContext(), address)
  await anna.enterAs('Anna')
  await anna.createRoom('Lobby')
  const bob = await openTab('bob', await browser.newContext(), await anna.inviteLink())
  await bob.enterAs('Bob')
  await bob.composer().waitFor()
  return { anna, bob }
}

async function talk(from: Tab, to: Tab, text: string): Promise<void> {
  await from.say(text)
  await to.hears(text)
}

describe('browser tabs', () => {
  test('join by link and talk, directly', async () => {
    const relay = await startRelay('relay', RELAY)
    const { anna, bob } = await annaAndBob(await webAddress(relay))
    await talk(bob, anna, 'hello from Bob')
    await talk(anna, bob, 'hello from Anna')
    await anna.isConnected(/1 (?:person|peer|other).*direct/i)
    await anna
      .messages()
      .getByRole('img', { name: /^Delivered to 1 of 1/ })
      .waitFor()
    expect([...anna.exceptions, ...bob.exceptions]).toEqual([])
  })

  test('go on without the relay, and use it again without a reload when it comes back', async () => {
    const data = await temporaryFolder()
    const relay = await startRelay('relay', RELAY, { data })
    const { addresses, http } = await relay.ready()
    const { anna, bob } = await annaAndBob(http)
    await talk(bob, anna, 'before')
    await anna.isConnected(/direct/i)
    await relay.stop('SIGKILL')
    await talk(anna, bob, 'the relay is gone')
    await talk(bob, anna, 'so it is')

    const same = addresses.map(address => address.split(/\/certhash\/|\/p2p\//)[0] ?? '')
    const listen = [...new Set(same)].flatMap(address => ['--listen', address])
    const again = await startRelay('relay again', [...listen, '--http', http.replace('http://', '')], { data })
    const cy = await openTab('cy', await launchBrowser(), await anna.inviteLink())
    await cy.enterAs('Cy')
    await talk(cy, anna, 'I came after the restart')
    await cy.hears('so it is')
    await bob.hears('I came after the restart')
    expect((await again.ready()).peer).toBe((await relay.ready()).peer)
  })

  test('and a Node peer talk', async () => {
    const relay = await startRelay('relay', RELAY)
    const browser = await launchBrowser()
    const anna = await openTab('anna', browser, await webAddress(relay))
    await anna.enterAs('Anna')
    await anna.createRoom('lobby')
    const bob = await startPeer('bob', [...RELAY, '--bootstrap', await addressOf(relay)])
    expect(await bob.run('send', 'lobby', 'from the terminal', '--wait', '1')).toMatchObject({ code: 0 })
    await anna.hears('from the terminal')
    await anna.say('from the tab')
    await bob.hears('from the tab')
  })

  test('and a Node peer that is reachable through the circuit only talk', async () => {
    const relay = await startRelay('relay', RELAY)
    const hidden = ['--listen', '/p2p-circuit', '--no-webrtc', '--no-relay', '--bootstrap', await addressOf(relay)]
    const bob = await startPeer('bob', hidden)
    const browser = await launchBrowser()
    const anna = await openTab('anna', browser, await webAddress(relay))
    await anna.enterAs('Anna')
    await anna.createRoom('lobby')
    await anna.say('to the hidden one')
    await bob.hears('to the hidden one')
    expect(await bob.run('send', 'lobby', 'and back', '--wait', '1')).toMatchObject({ code: 0 })
    await anna.hears('and back')
  })

  test('two profiles of one browser are two members', async () => {
    const peer = await start('up', ['up', '--http', '127.0.0.1:0', '--no-mdns', ...RELAY])
    const context = await (await launchBrowser()).newContext()
    const address = await webAddress(peer)
    const anna = await openTab('anna', context, address)
    await anna.enterAs('Anna')
    await anna.createRoom('Lobby')
    const link = new URL(await anna.inviteLink())
    link.search = '?profile=b'
    const bob = await openTab('bob', context, link.href)
    await bob.enterAs('Bob')
    await talk(bob, anna, 'hello')
    await talk(anna, bob, 'hello, other me')
  })

  test('a second tab of one profile says that the peer is open elsewhere', async () => {
    const relay = await startRelay('relay', RELAY)
    const context = await (await launchBrowser()).newContext()
    const first = await openTab('first', context, await webAddress(relay))
    await first.enterAs('Anna')
    await first.page.getByRole('button', { name: 'New room' }).first().waitFor()
    const second = await openTab('second', context, await webAddress(relay))
    await second.page
      .getByText(/open (?:in another tab|elsewhere)/i)
      .first()
      .waitFor()
    expect(await second.composer().count()).toBe(0)
  })

  test('keep identity, rooms and messages over a reload', async () => {
    const relay = await startRelay('relay', RELAY)
    const anna = await openTab('anna', await launchBrowser(), await webAddress(relay))
    await anna.enterAs('Anna')
    await anna.createRoom('Lobby')
    await anna.say('note to self')
    await anna.hasSent()
    await anna.page.reload()
    await anna.hears('note to self')
  })

  test("show a peer's words as text, whatever they are", async () => {
    const relay = await startRelay('relay', RELAY)
    const anna = await openTab('anna', await launchBrowser(), await webAddress(relay))
    await anna.enterAs('Anna')
    await anna.createRoom('lobby')
    const bob = await startPeer('bob', [...RELAY, '--bootstrap', await addressOf(relay)])
    const hostile = '<img src=x onerror="document.title=1"><script>document.title=2</script>'
    expect(await bob.run('send', 'lobby', hostile, '--wait', '1')).toMatchObject({ code: 0 })
    await anna.hears(hostile)
    expect(await anna.messages().locator('img[src=x], script').count()).toBe(0)
    expect(anna.exceptions).toEqual([])
  })

  test('that are reloaded are back among the others, under the same name', async () => {
    const relay = await startRelay('relay', RELAY)
    const { anna, bob } = await annaAndBob(await webAddress(relay))
    await talk(bob, anna, 'before')
    await anna.isConnected(/direct/i)
    await bob.page.reload()
    await talk(bob, anna, 'and after')
    await talk(anna, bob, 'welcome back')
    await anna.page.getByRole('list', { name: 'Members' }).first().waitFor()
    await expect.poll(() => anna.messages().getByText('Bob', { exact: true }).count()).toBeGreaterThan(0)
  })

  test('on an insecure origin, are told what is missing and what to do', async () => {
    const relay = await startRelay('relay', [...RELAY, '--http', '0.0.0.0:0'])
    const { port } = new URL(await webAddress(relay))
    const browser = await launchBrowser('--host-resolver-rules=MAP chat.example 127.0.0.1')
    const tab = await openTab('anna', browser, `http://chat.example:${port}/`)
    await tab.page.getByText(/https/).first().waitFor()
    expect(await tab.page.getByRole('textbox', { name: 'Nickname' }).count()).toBe(0)
  })
})
