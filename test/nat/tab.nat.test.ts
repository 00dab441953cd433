import { describe, expect, test } from 'vitest'
import { whyNoNats } from './lab/nat-lab.ts'
import { meetByRelay, meetOnce } from './meet-once.ts'

const missing = whyNoNats()

describe.skipIf(missing !== undefined)(
  `tabs behind NATs${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    test.for([
      ['tab@port-restricted', 'tab@port-restricted'],
      ['port-restricted', 'tab@port-restricted'],
      ['tab@ip6-firewall', 'tab@ip6-firewall'],
      ['tab@ip6-firewall', 'tab@dual-stack']
    ])('%s and %s reach each other directly, and lose nothing on the way there', async ([a = '', b = '']) => {
      expect(await meetOnce(a, b)).toMatchObject({ path: 'webrtc', talked: true, lost: 0, twice: 0 })
    })

    test.for([
      ['lets no UDP out', 'tab@udp-blocked', 'tab@port-restricted'],
      ['lets nothing out but to port 443', 'only-443', 'tab@only-443']
    ])('a tab whose network %s talks by the relay', async ([, a = '', b = '']) => {
      const trial = await meetByRelay(a, b)
      expect(trial).toMatchObject({ path: 'relayed', talked: true, lost: 0, twice: 0 })
    })
  }
)
