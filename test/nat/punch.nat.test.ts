import { describe, expect, test } from 'vitest'
import { whyNoNats } from './lab/nat-lab.ts'
import type { NatKind } from './lab/nat-kind.ts'
import { labWithRelays, reached, startPair } from './pair.ts'

const missing = whyNoNats()
const TCP_ALONE = ['--no-webrtc']
const LIMIT = 60_000

describe.skipIf(missing !== undefined)(
  `TCP hole punching${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    test.for<[NatKind, NatKind, string[]]>([
      ['port-restricted', 'port-restricted', ['punched']],
      // Once both relays have reached it, the address behind a full cone is announced, and dialled without a punch.
      ['double', 'full-cone', ['punched', 'direct']],
      ['symmetric-sequential', 'port-restricted', ['punched']]
    ])('%s and %s reach each other directly', async ([one, other, ways]) => {
      const relays = await labWithRelays(2)
      const [anna, bob] = await startPair(relays, [one, other], TCP_ALONE)
      if (anna === undefined || bob === undefined) throw new Error('two were started')
      await Promise.all([reached(anna, bob, ways, LIMIT), reached(bob, anna, ways, LIMIT)])
      expect(await anna.run('send', 'lobby', 'through', '--wait', '1')).toMatchObject({ code: 0 })
      await bob.hears('through')
    })

    test('two symmetric NATs with random ports stay on the circuit, and talk', async () => {
      const relays = await labWithRelays(1)
      const [anna, bob] = await startPair(relays, ['symmetric-random', 'symmetric-random'], TCP_ALONE)
      if (anna === undefined || bob === undefined) throw new Error('two were started')
      await reached(anna, bob, ['relayed'], LIMIT)
      expect(await anna.run('send', 'lobby', 'by the relay', '--wait', '1')).toMatchObject({ code: 0 })
      await bob.hears('by the relay')
    })
  }
)
