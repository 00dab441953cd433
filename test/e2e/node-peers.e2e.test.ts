import { describe, expect, test } from 'vitest'
import { addressOf, LOOPBACK, start, startPeer, startRelay, temporaryFolder, type Running } from './starling.ts'

async function transcript(peer: Running): Promise<string[]> {
  const { stdout } = await peer.run('read', 'lobby', '--json', '--limit', '500')
  const lines = stdout.split('\n').filter(line => line !== '')
  return lines.map(line => (JSON.parse(line) as { text: string }).text)
}

const CIRCUIT_ONLY = ['--listen', '/p2p-circuit', '--no-webrtc', '--no-relay'] as const

describe('Node peers', () => {
  test('talk through a relay that they both know, and see one order', async () => {
    const relay = await startRelay('relay', LOOPBACK)
    const bootstrap = ['--bootstrap', await addressOf(relay)]
    const [anna, bob] = await Promise.all([
      startPeer('anna', [...LOOPBACK, ...bootstrap]),
      startPeer('bob', [...LOOPBACK, ...bootstrap])
    ])
    const sent = await anna.run('send', 'lobby', 'hello', '--wait', '1', '--json')
    expect(sent.code).toBe(0)
    expect(JSON.parse(sent.stdout)).toMatchObject({ id: expect.stringMatching(/^[0-9a-f]{64}$/) })
    expect((await bob.hears('hello')).nick).toBe('anna')
    await Promise.all(
      [0, 1, 2, 3, 4].flatMap(round => [
        anna.run('send', 'lobby', `anna ${round}`, '--wait', '1'),
        bob.run('send', 'lobby', `bob ${round}`, '--wait', '1')
      ])
    )
    const expected = await transcript(anna)
    expect(expected).toHaveLength(11)
    expect(await transcript(bob)).toEqual(expected)
  })

  test('find each other through the DHT when they know different relays of it, and not without', async () => {
    const first = await startRelay('first relay', LOOPBACK)
    const second = await startRelay('second relay', [...LOOPBACK, '--bootstrap', await addressOf(first)])
    const atFirst = [...LOOPBACK, '--bootstrap', await addressOf(first)]
    const atSecond = [...LOOPBACK, '--bootstrap', await addressOf(second)]
    const anna = await startPeer('anna', atFirst)
    await startPeer('bob', atSecond)
    expect(await anna.run('send', 'lobby', 'found you', '--wait', '1')).toMatchObject({ code: 0 })
    const cy = await startPeer('cy', [...atSecond, '--no-dht'])
    const alone = await cy.run('send', 'lobby', 'anybody?', '--wait', '1', '--timeout', '8')
    expect(alone.code).toBe(4)
    expect(alone.stderr.trim().split('\n')).toHaveLength(1)
  })

  test('talk over the circuit when there is no other way, and say so', async () => {
    const relay = await startRelay('relay', LOOPBACK)
    const only = [...CIRCUIT_ONLY, '--bootstrap', await addressOf(relay)]
    const [anna, bob] = [await startPeer('anna', only), await startPeer('bob', only)]
    expect(await anna.run('send', 'lobby', 'through the relay', '--wait', '1')).toMatchObject({ code: 0 })
    await bob.hears('through the relay')
    const status = JSON.parse((await anna.run('status', '--json')).stdout) as {
      peers: { peer: string; path: string }[]
      relays: { peer: string }[]
    }
    const { peer } = await bob.ready()
    expect(status.peers.find(each => each.peer === peer)?.path).toBe('relayed')
    expect(status.relays.map(each => each.peer)).toContain((await relay.ready()).peer)
  })

  test('one of them reachable only through the circuit, talk', async () => {
    const relay = await startRelay('relay', LOOPBACK)
    const bootstrap = ['--bootstrap', await addressOf(relay)]
    const anna = await startPeer('anna', [...CIRCUIT_ONLY, ...bootstrap])
    const bob = await startPeer('bob', [...LOOPBACK, ...bootstrap])
    expect(await bob.run('send', 'lobby', 'to the hidden one', '--wait', '1')).toMatchObject({ code: 0 })
    await anna.hears('to the hidden one')
    expect(await anna.run('send', 'lobby', 'and back', '--wait', '1')).toMatchObject({ code: 0 })
    await bob.hears('and back')
  })

  test('go on talking when the relay is killed, and use it again when it comes back', async () => {
    const data = await temporaryFolder()
    const first = await startRelay('relay', LOOPBACK, { data })
    const { peer, addresses } = await first.ready()
    const fixed = addresses
      .filter(address => !address.includes('p2p-circuit'))
      .map(address => address.split('/p2p/')[0] ?? '')
    const bootstrap = ['--bootstrap', await addressOf(first)]
    const [anna, bob] = [
      await startPeer('anna', [...LOOPBACK, ...bootstrap]),
      await startPeer('bob', [...LOOPBACK, ...bootstrap])
    ]
    expect(await anna.run('send', 'lobby', 'before', '--wait', '1')).toMatchObject({ code: 0 })
    await first.stop('SIGKILL')
    await anna.event(
      'losing the relay',
      each => each.event === 'peer' && each['peer'] === peer && each['path'] === 'none'
    )
    expect(await anna.run('send', 'lobby', 'without it', '--wait', '1')).toMatchObject({ code: 0 })
    await bob.hears('without it')

    const again = await startRelay(
      'relay again',
      fixed.flatMap(address => ['--listen', address]),
      { data }
    )
    expect((await again.ready()).peer).toBe(peer)
    const cy = await startPeer('cy', [...LOOPBACK, ...bootstrap])
    for (const each of [anna, bob]) {
      const lost = each.events.findIndex(event => event['peer'] === peer && event['path'] === 'none')
      await each.event('reaching the relay again', event => {
        return each.events.indexOf(event) > lost && event['peer'] === peer && event['path'] === 'direct'
      })
    }
    expect(await cy.run('send', 'lobby', 'I came later', '--wait', '2')).toMatchObject({ code: 0 })
  })

  test('find each other again by remembered addresses, with nobody else there', async () => {
    const relay = await startRelay('relay', LOOPBACK)
    const bootstrap = ['--bootstrap', await addressOf(relay)]
    const anna = await startPeer('anna', [...LOOPBACK, ...bootstrap])
    const bob = await startPeer('bob', [...LOOPBACK, ...bootstrap])
    expect(await anna.run('send', 'lobby', 'remember me', '--wait', '1')).toMatchObject({ code: 0 })
    expect(await bob.run('send', 'lobby', 'and me', '--wait', '1')).toMatchObject({ code: 0 })
    await relay.stop('SIGKILL')
    await bob.stop()
    const again = await start('bob again', ['up', '--http', '127.0.0.1:0', '--no-mdns', ...LOOPBACK], {
      data: bob.data
    })
    expect(await again.run('send', 'lobby', 'back', '--wait', '1')).toMatchObject({ code: 0 })
    await anna.hears('back')
  })

  test('killed at any time, open again with all that they had said', async () => {
    const anna = await startPeer('anna', [...LOOPBACK])
    const sends = Array.from({ length: 30 }, (_, index) => anna.run('send', 'lobby', `line ${index}`, '--json'))
    await Promise.race(sends)
    await anna.stop('SIGKILL')
    const outcomes = await Promise.all(sends)
    const acknowledged = outcomes
      .filter(({ code }) => code === 0)
      .map(({ stdout }) => (JSON.parse(stdout) as { id: string }).id)
    const again = await start('anna again', ['up', '--http', '127.0.0.1:0', '--no-mdns', ...LOOPBACK], {
      data: anna.data
    })
    const { stdout } = await again.run('read', 'lobby', '--json', '--limit', '100')
    const stored = stdout
      .trim()
      .split('\n')
      .map(line => (JSON.parse(line) as { id: string }).id)
    expect(acknowledged.length).toBeGreaterThan(0)
    for (const id of acknowledged) expect(stored).toContain(id)
  })
})
