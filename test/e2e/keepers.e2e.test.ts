import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { addressOf, LOOPBACK, startPeer, startRelay, temporaryFolder, type Running } from './starling.ts'
import { launchBrowser, openTab } from './tabs.ts'

interface Status {
  readonly rooms: { readonly keepers: readonly string[] }[]
  readonly kept?: { readonly rooms: number; readonly bytes: number; readonly quota: number }
}

async function statusOf(running: Running): Promise<Status> {
  return JSON.parse((await running.run('status', '--json')).stdout) as Status
}

function untilKept(peer: Running, outcome: { readonly stdout: string }): Promise<unknown> {
  const { id } = JSON.parse(outcome.stdout) as { id: string }
  return peer.event('a keeper having it', event => event.event === 'kept' && event['id'] === id)
}

/** Whether the bytes of this text stand in any file of the folder. */
async function isFound(folder: string, text: string): Promise<boolean> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = names.filter(name => name.isFile()).map(name => join(name.parentPath, name.name))
  const contents = await Promise.all(files.map(file => readFile(file)))
  return contents.some(content => content.includes(text))
}

describe('a relay that keeps rooms', () => {
  test('hands on what Alice wrote when she has gone, after a restart, and holds no text of it', async () => {
    const data = await temporaryFolder()
    const relay = await startRelay('relay', [...LOOPBACK, '--keep', '--keep-quota', '64M'], { data })
    const { peer, addresses, http } = await relay.ready()
    const bootstrap = ['--bootstrap', await addressOf(relay)]
    const alice = await startPeer('alice-in-plain-sight', [...LOOPBACK, ...bootstrap])
    await untilKept(alice, await alice.run('send', 'lobby', 'the-first-secret', '--json'))
    await untilKept(alice, await alice.run('send', 'lobby', 'the-second-secret', '--json'))
    expect((await statusOf(alice)).rooms[0]?.keepers).toEqual([peer])
    const { kept } = await statusOf(relay)
    expect(kept).toMatchObject({ rooms: 1, quota: 64 * 2 ** 20 })
    const metrics = await (await fetch(`${http}/metrics`)).text()
    expect(metrics).toContain('starling_kept_rooms 1\n')
    expect(metrics).toContain(`starling_kept_bytes ${kept?.bytes}\n`)
    expect((await fetch(`${http}/health`)).status).toBe(200)
    expect(alice.events.filter(event => event.event === 'delivered' || event.event === 'member')).toEqual([])
    expect(await alice.stop()).toBe(0)

    await relay.stop('SIGKILL')
    const listen = addresses.flatMap(address => ['--listen', address.split('/p2p/')[0] ?? ''])
    const again = await startRelay('relay again', [...listen, '--keep'], { data })
    expect((await statusOf(again)).kept).toMatchObject({ rooms: 1, bytes: kept?.bytes })
    const bob = await startPeer('bob', [...LOOPBACK, ...bootstrap])
    await bob.hears('the-first-secret')
    await bob.hears('the-second-secret')
    expect((await bob.hears('the-first-secret')).nick).toBe('alice-in-plain-sight')

    expect(await again.stop()).toBe(0)
    // Nicknames are kept as they are: the search would find a text.
    expect(await isFound(data, 'alice-in-plain-sight')).toBe(true)
    expect(await isFound(data, 'the-first-secret')).toBe(false)
    expect(await isFound(data, 'the-second-secret')).toBe(false)
  })

  test('takes a message from a command that runs no peer, which a relay that keeps none does not', async () => {
    const keeping = await startRelay('keeping relay', [...LOOPBACK, '--keep'])
    const plain = await startRelay('plain relay', LOOPBACK)
    const alice = await startPeer('alice', LOOPBACK)
    await alice.stop()
    const alone = ['--no-mdns', ...LOOPBACK]
    const refused = await alice.run('send', 'lobby', 'to nobody', ...alone, '--bootstrap', await addressOf(plain))
    expect(refused).toMatchObject({ code: 4, stderr: expect.stringContaining('it stays queued') })
    expect(refused.stderr).toContain('1 relay was reached, but keeps no rooms')
    const taken = await alice.run('send', 'lobby', 'to the keeper', ...alone, '--bootstrap', await addressOf(keeping))
    expect(taken).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Kept by 1 relay \(12D3\w+\) until others come\.\n$/)
    })
    const wait = ['--wait', '1', '--timeout', '5', '--bootstrap', await addressOf(keeping)]
    const awaited = await alice.run('send', 'lobby', 'to somebody', ...alone, ...wait)
    expect(awaited).toMatchObject({ code: 4, stderr: expect.stringMatching(/1 relay \(12D3\w+\) keeps it for them/) })
    const bob = await startPeer('bob', [...LOOPBACK, '--bootstrap', await addressOf(keeping)])
    await bob.hears('to the keeper')
    await bob.hears('to nobody')
  })

  test('is not asked for a room with keepers off', async () => {
    const relay = await startRelay('relay', [...LOOPBACK, '--keep'])
    const alice = await startPeer('alice', LOOPBACK)
    expect(await alice.run('room', 'set', 'lobby', 'keepers', 'off')).toMatchObject({ code: 0 })
    expect(await alice.run('room', 'set', 'lobby', 'name', 'hall')).toMatchObject({ code: 3 })
    await alice.stop()
    const bootstrap = ['--bootstrap', await addressOf(relay)]
    const again = await startPeer('alice', [...LOOPBACK, ...bootstrap], { data: alice.data })
    await again.event('reaching the relay', event => event.event === 'peer' && event['path'] === 'direct')
    // By then it would have been asked: another room of the same device is.
    await again.run('room', 'join', 'hall', '--open')
    await expect.poll(async () => (await statusOf(relay)).kept?.rooms, { timeout: 30_000 }).toBe(1)
    const { stdout } = await again.run('room', 'list', '--json')
    const rooms = stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as { name: string; keepers: string[] })
    expect(rooms.find(room => room.name === 'lobby')?.keepers).toEqual([])
    expect(await again.run('room', 'set', 'lobby', 'keepers', 'on')).toMatchObject({ code: 0 })
    await expect.poll(async () => (await statusOf(relay)).kept?.rooms, { timeout: 30_000 }).toBe(2)
  })

  test('helps a tab that was closed to catch up: from another tab, and with that one closed, from the relay', async () => {
    const listen = [...LOOPBACK, '--listen', '/ip4/127.0.0.1/udp/0/webrtc-direct']
    const data = await temporaryFolder()
    const plain = await startRelay('relay', listen, { data })
    const browser = await launchBrowser()
    const [atAnna, atBob] = [await browser.newContext(), await browser.newContext()]
    const { http, addresses } = await plain.ready()
    const anna = await openTab('anna', atAnna, http)
    await anna.enterAs('Anna')
    await anna.createRoom('Lobby')
    const bob = await openTab('bob', atBob, await anna.inviteLink())
    await bob.enterAs('Bob')
    await bob.say('hello')
    await anna.hears('hello')
    await anna.page.close()

    await bob.say('while you were away')
    await bob.hasSent()
    const second = await openTab('anna again', atAnna, http)
    await second.hears('while you were away')
    await second.page.close()

    // Up to now there was no keeper, so that it was the other tab that helped.
    await plain.stop()
    const same = new Set(addresses.map(address => address.split(/\/certhash\/|\/p2p\//)[0] ?? ''))
    const where = [...same].flatMap(address => ['--listen', address])
    const relay = await startRelay('keeping relay', [...where, '--http', http.replace('http://', ''), '--keep'], {
      data
    })
    await expect.poll(async () => (await statusOf(relay)).kept?.rooms, { timeout: 60_000 }).toBe(1)
    const before = (await statusOf(relay)).kept?.bytes ?? 0
    await bob.say('and I am off, too')
    await expect.poll(async () => (await statusOf(relay)).kept?.bytes, { timeout: 30_000 }).toBeGreaterThan(before)
    await bob.messages().getByRole('img', { name: 'Sent, kept by 1 relay' }).last().waitFor()
    await bob.page.close()
    const third = await openTab('anna once more', atAnna, http)
    await third.hears('and I am off, too')
    await third.page.getByRole('button', { name: 'Details', exact: true }).click()
    await third.page.getByText(/^Kept by 1 relay: /).waitFor()
    expect([...anna.exceptions, ...second.exceptions, ...third.exceptions]).toEqual([])
  })
})
