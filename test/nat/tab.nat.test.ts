import { describe, expect, test } from 'vitest'
import { whyNoNats } from './lab/nat-lab.ts'
import { meetOnce } from './meet-once.ts'

const missing = whyNoNats()

describe.skipIf(missing !== undefined)(
  `tabs behind NATs${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    test.for([
      ['tab@port-restricted', 'tab@port-restricted'],
      ['port-restricted', 'tab@port-restricted']
    ])('%s and %s reach each other directly, and lose nothing on the way there', async ([a = '', b = '']) => {
      expect(await meetOnce(a, b)).toMatchObject({ path: 'webrtc', talked: true, lost: 0, twice: 0 })
    })

    test('a tab whose network lets no UDP out talks by the relay', async () => {
      const trial = await meetOnce('tab@udp-blocked', 'tab@port-restricted')
      expect(trial).toMatchObject({ path: 'relayed', talked: true, lost: 0, twice: 0 })
    })
  }
)
