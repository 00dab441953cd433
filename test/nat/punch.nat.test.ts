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
    test.for<[NatKind, NatKind]>([
      ['port-restricted', 'port-restricted'],
      ['double', 'full-cone'],
      ['symmetric-sequential', 'port-restricted']
    ])('%s and %s reach each other directly', async kinds => {
      const relays = await labWithRelays(2)
      const [anna, bob] = await startPair(relays, kinds, TCP_ALONE)
      if (anna === undefined || bob === undefined) throw new Error('two were started')
      await Promise.all([reached(anna, bob, ['punched'], LIMIT), reached(bob, anna, ['punched'], LIMIT)])
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
