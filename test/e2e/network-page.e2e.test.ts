import type { Locator } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { LOOPBACK, startRelay } from './starling.ts'
import { launchBrowser, openTab, type Tab } from './tabs.ts'

const RELAY = [...LOOPBACK, '--listen', '/ip4/127.0.0.1/udp/0/webrtc-direct'] as const

/**
 * Lets WebRTC to others through only when it is told to: until then ICE gets no candidates, as where a router lets
 * nothing through.
 */
function holdBackIce(): void {
  const held: (() => void)[] = []
  let open = false
  const prototype = RTCPeerConnection.prototype as { addIceCandidate(candidate?: unknown): Promise<void> }
  const pass = prototype.addIceCandidate
  prototype.addIceCandidate = async function (this: RTCPeerConnection, candidate) {
    if (!open) await new Promise<void>(resolve => held.push(resolve))
    return pass.call(this, candidate)
  }
  Object.assign(globalThis, {
    letIceThrough() {
      open = true
      for (const go of held.splice(0)) go()
    }
  })
}

/** Anna and Bob talk through a relay, whose PeerId is given, as ICE gets nowhere. */
async function annaAndBob(): Promise<{ anna: Tab; bob: Tab; relay: string }> {
  const relay = await startRelay('relay', RELAY)
  const { http, peer } = await relay.ready()
  const browser = await launchBrowser()
  const annaContext = await browser.newContext()
  await annaContext.addInitScript(holdBackIce)
  const anna = await openTab('anna', annaContext, http)
  await anna.enterAs('Anna')
  await anna.createRoom('Lobby')
  const bobContext = await browser.newContext()
  await bobContext.addInitScript(holdBackIce)
  const bob = await openTab('bob', bobContext, await anna.inviteLink())
  await bob.enterAs('Bob')
  await bob.composer().waitFor()
  await bob.say('hello from Bob')
  await anna.hears('hello from Bob')
  return { anna, bob, relay: peer }
}

function row(tab: Tab, name: RegExp): Locator {
  return tab.page.getByRole('row', { name })
}

describe('the network page of a tab', () => {
  test('shows the relay and the other tab, the path going from relayed to direct, and figures that move', async () => {
    const { anna, bob, relay } = await annaAndBob()
    await anna.connection().getByRole('link').click()
    await row(anna, new RegExp(`^Relay …${relay.slice(-6)}.*direct`)).waitFor()
    await row(anna, new RegExp(`^Bob.*through a relay.*Relay …${relay.slice(-6)}`)).waitFor()
    await anna.page.getByText(/1 directly/).waitFor()

    for (const tab of [anna, bob]) await tab.page.evaluate('letIceThrough()')
    await row(
      anna,
      /^Bob.*WebRTC, direct.*(?:host|prflx) to (?:host|prflx) carries.*Off the relay after \d+\.\d s/
    ).waitFor()
    await anna.page.getByText(/2 peers, all directly/).waitFor()

    const busy = anna.page.getByRole('option', { name: /^Bob.*B\/s/ })
    const talking = (async () => {
      for (let turn = 0; (await busy.count()) === 0 && turn < 50; turn += 1) await bob.say(`are you there? ${turn}`)
    })()
    await Promise.all([busy.waitFor({ state: 'attached' }), talking])
    await anna.page.getByText('Time to talk').first().waitFor()
    expect(await anna.page.locator('.network-side dd').first().innerText()).toMatch(/^\d+\.\d s$/)

    await bob.page.close()
    await row(anna, /^Bob/).waitFor({ state: 'detached' })
    await anna.page.goBack()
    await anna.hears('hello from Bob')
    expect([...anna.exceptions, ...bob.exceptions]).toEqual([])
  })

  test('tells what the network allows: each way is really tried, and advice given', async () => {
    const { anna, bob } = await annaAndBob()
    for (const tab of [anna, bob]) await tab.page.evaluate('letIceThrough()')
    await anna.connection().getByRole('link').click()
    await row(anna, /^Bob.*WebRTC, direct/).waitFor()
    await anna.page.getByText(/^Tried at/).waitFor()
    const part = (name: string) => anna.page.getByRole('region', { name, exact: true })
    const ways = await part('Ways of connecting').innerText()
    expect(ways).toMatch(/WebSocket works, .*\s+to \/ip4\/127\.0\.0\.1/)
    expect(ways).toMatch(/WebRTC to a relay works, .*\s+to .*webrtc-direct/)
    expect(ways).toMatch(/WebRTC to peers works, .*\s+over relay/)
    expect(ways).toMatch(/Through a relay works, .*\s+over relay/)
    expect(await part('Router').innerText()).toContain('All relays you know are on your own network')
    expect(await part('Public address').innerText()).toContain('127.0.0.1')
    expect(await part('Clock').innerText()).toContain('Your clock is right.')
    expect(await part('Relays').innerText()).toMatch(/Relay …\w+\s+(?:under 1|\d+) ms, keeps a place for you/)

    await anna.page.getByRole('button', { name: 'Check again' }).click()
    const pair = /Bob\s*(?:host|prflx) to (?:host|prflx) carries/
    await part('Addresses for WebRTC').filter({ hasText: pair }).waitFor()
    expect([...anna.exceptions, ...bob.exceptions]).toEqual([])
  })

  test('tells that ICE failed, and takes no ghost that it leaves for a connection', async () => {
    const { anna, bob } = await annaAndBob()
    for (const tab of [anna, bob]) await tab.connection().getByRole('link').click()
    await Promise.all([
      row(
        anna,
        /^Bob.*through a relay.*tr(?:y|ies) found none.*WebRTC: no route found.*(?:Next try in|Trying now)/
      ).waitFor(),
      row(
        bob,
        /^Anna.*through a relay.*tr(?:y|ies) found none.*WebRTC: no route found.*(?:Next try in|Trying now)/
      ).waitFor()
    ])
    for (const tab of [anna, bob]) await tab.page.goBack()
    await anna.say('still by the relay')
    await bob.hears('still by the relay')
    expect([...anna.exceptions, ...bob.exceptions]).toEqual([])
  })
})
