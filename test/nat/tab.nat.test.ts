import { describe, expect, onTestFinished, test } from 'vitest'
import { whyNoNats } from './lab/nat-lab.ts'
import { parseSide, prepareMeeting } from './meeting.ts'
import type { Trial } from './trial.ts'

const missing = whyNoNats()

async function meet(a: string, b: string): Promise<Trial> {
  const [first, second] = [parseSide(a), parseSide(b)]
  if (first === undefined || second === undefined) throw new Error(`${a} or ${b} is no kind`)
  const meeting = await prepareMeeting([first, second], 2)
  onTestFinished(meeting.end)
  return meeting.trial([])
}

describe.skipIf(missing !== undefined)(
  `tabs behind NATs${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    test.for([
      ['tab@port-restricted', 'tab@port-restricted'],
      ['port-restricted', 'tab@port-restricted']
    ])('%s and %s reach each other directly, and lose nothing on the way there', async ([a = '', b = '']) => {
      expect(await meet(a, b)).toMatchObject({ path: 'webrtc', talked: true, lost: 0, twice: 0 })
    })

    test('a tab whose network lets no UDP out talks by the relay', async () => {
      const trial = await meet('tab@udp-blocked', 'tab@port-restricted')
      expect(trial).toMatchObject({ path: 'relayed', talked: true, lost: 0, twice: 0 })
    })
  }
)
