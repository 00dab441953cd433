import { describe, expect, test } from 'vitest'
import { addressOf, expectSuccess, LOOPBACK, start, startPeer, startRelay, type Running } from './starling.ts'
import { launchBrowser, openTab } from './tabs.ts'

/** As a member with a public address listens: for other programs and for tabs. */
const REACHABLE = [...LOOPBACK, '--listen', '/ip4/127.0.0.1/udp/0/webrtc-direct'] as const
const ALONE = ['--http', '127.0.0.1:0', '--no-mdns', '--no-upnp'] as const

async function linkOf(peer: Running): Promise<string> {
  return (await expectSuccess(peer.run('room', 'invite', 'lobby'))).stdout.trim()
}

describe('with every relay and bootstrap node killed', () => {
  test('members go on, restart, and admit newcomers whose link names only members', async () => {
    const relays = [await startRelay('first relay', REACHABLE), await startRelay('second relay', REACHABLE)]
    const bootstrap = (await Promise.all(relays.map(relay => addressOf(relay)))).flatMap(each => ['--bootstrap', each])
    const anna = await startPeer('anna', [...REACHABLE, ...bootstrap])
    const bob = await startPeer('bob', [...REACHABLE, ...bootstrap])
    expect(await anna.run('send', 'lobby', 'before', '--wait', '1')).toMatchObject({ code: 0 })
    expect(await bob.run('send', 'lobby', 'and I', '--wait', '1')).toMatchObject({ code: 0 })
    await Promise.all(relays.map(relay => relay.stop('SIGKILL')))

    expect(await anna.run('send', 'lobby', 'they are gone', '--wait', '1')).toMatchObject({ code: 0 })
    await bob.stop()
    const again = await start('bob again', ['up', ...ALONE, ...REACHABLE, ...bootstrap], { data: bob.data })
    expect(await again.run('send', 'lobby', 'I am back', '--wait', '1')).toMatchObject({ code: 0 })

    const link = await linkOf(again)
    const cy = await start('cy', ['up', ...ALONE, ...REACHABLE])
    await expectSuccess(cy.run('room', 'join', link))
    expect(await cy.run('send', 'lobby', 'new here', '--wait', '2')).toMatchObject({ code: 0 })
    await cy.hears('before')

    const { http } = await anna.ready()
    const { stdout } = await expectSuccess(anna.run('room', 'invite', 'lobby', '--web-url', `${http}/`))
    const dee = await openTab('dee', await launchBrowser(), stdout.trim())
    await dee.enterAs('Dee')
    await dee.hears('before')
    await dee.say('from a tab')
    for (const peer of [anna, again, cy]) await peer.hears('from a tab')

    await Promise.all([anna, again, cy].map(peer => peer.stop('SIGKILL')))
    const eve = await start('eve', ['up', ...ALONE, ...REACHABLE])
    await expectSuccess(eve.run('room', 'join', link))
    const told = await eve.event('being told', ({ code }) => code === 'members-unreachable')
    expect(told['text']).toMatch(/^Nobody known in lobby answers\./)
  })

  test('a tab opens what it has not shown yet: a private room, and the page on the network', async () => {
    const relay = await startRelay('relay', REACHABLE)
    const anna = await openTab('anna', await launchBrowser(), (await relay.ready()).http)
    await anna.enterAs('Anna')
    await anna.isWhole()
    await relay.stop('SIGKILL')
    await anna.createRoom('Loft', 'Private')
    await anna.say('nobody serves this page any more')
    await anna.hasSent()
    await anna.connection().getByRole('link').click()
    await anna.page.getByRole('region', { name: 'What your network allows' }).waitFor()
    expect(anna.exceptions).toEqual([])
  })
})
