import { describe, expect, test } from 'vitest'
import type { Running } from '../e2e/starling.ts'
import { whyNoNats } from './lab/nat-lab.ts'
import { labWithRelays, reached, startPair, startPeerAt } from './pair.ts'

const missing = whyNoNats()
/** Some rounds, in each of which WebRTC takes its time to fail. */
const LIMIT = 130_000
const RANDOM_PORTS = 'hole punching: your router picks random ports'
const NO_ROUTE = 'WebRTC: no route found (UDP blocked, or routers too strict?)'

interface Shown {
  readonly path: string
  readonly tries?: number
  readonly reasons?: readonly string[]
  readonly why?: string
}

/** How `status` shows the other, once this peer has told all these words of it. */
async function shownBy(peer: Running, other: Running, words: readonly string[]): Promise<Shown | undefined> {
  const { peer: id } = await other.ready()
  const fits = (event: Record<string, unknown>): boolean =>
    event['event'] === 'peer' && event['peer'] === id && words.every(each => String(event['why']).includes(each))
  await peer.event(`why there is no better way: ${words.join(', ')}`, fits, LIMIT)
  return statusOf(peer, id)
}

async function statusOf(peer: Running, id: string): Promise<Shown | undefined> {
  const { stdout } = await peer.run('status', '--json')
  const { peers } = JSON.parse(stdout) as { peers: (Shown & { peer: string })[] }
  return peers.find(each => each.peer === id)
}

describe.skipIf(missing !== undefined)(
  `why a path is not a better one${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    test('between two symmetric NATs that let no UDP out, each way says what it came to', async () => {
      const { lab, bootstrap } = await labWithRelays(2)
      const place = (name: string) =>
        lab.behind(name, lab.router(`${name}-router`, 'symmetric-random', { dropsUdp: true }))
      const start = (name: string) => startPeerAt(place(name), bootstrap)
      const [anna, bob] = [await start('anna'), await start('bob')]
      const shown = await shownBy(anna, bob, [RANDOM_PORTS, NO_ROUTE])
      expect(shown).toMatchObject({ path: 'relayed', tries: expect.any(Number) })
      expect(shown?.reasons).toEqual(expect.arrayContaining(['punch-random-ports', 'webrtc-no-route']))
      expect(await shownBy(bob, anna, [RANDOM_PORTS])).toMatchObject({ path: 'relayed' })
      const { stdout } = await anna.run('status')
      expect(stdout).toContain('why not better: ')
      expect(stdout).toContain(RANDOM_PORTS)
      expect(stdout).toContain(NO_ROUTE)
      expect(await anna.run('send', 'lobby', 'by the relay', '--wait', '1')).toMatchObject({ code: 0 })
    })

    test('what was switched off is called so, and a path that is the best needs no reason', async () => {
      const relays = await labWithRelays(2)
      const [anna, bob] = await startPair(relays, ['port-restricted', 'port-restricted'], ['--no-webrtc'])
      if (anna === undefined || bob === undefined) throw new Error('two were started')
      await reached(anna, bob, ['punched'], LIMIT)
      const { peer } = await bob.ready()
      expect(await statusOf(anna, peer)).toMatchObject({ path: 'punched' })
      expect((await statusOf(anna, peer))?.why).toBeUndefined()
    })
  }
)
