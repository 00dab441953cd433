import { describe, expect, onTestFinished, test } from 'vitest'
import { whyNoNats } from './lab/nat-lab.ts'
import { prepareMeeting } from './meeting.ts'

const missing = whyNoNats()
const TAB = { kind: 'port-restricted', isTab: true } as const
const PROGRAM = { kind: 'port-restricted', isTab: false } as const
const AGAIN = { timeout: 180_000, interval: 250 }

describe.skipIf(missing !== undefined)(
  `whoever loses the network${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    test.for([
      { who: 'a tab', side: TAB },
      { who: 'a program', side: PROGRAM }
    ])('$who comes back by another one, with what both said meanwhile', async ({ side }) => {
      const { lab, hosts, participants, end } = await prepareMeeting([side, PROGRAM], 2)
      onTestFinished(end)
      const [anna, bob] = await Promise.all(participants([]))
      onTestFinished(async () => void (await Promise.all([anna.end(), bob.end()])))
      await Promise.all([anna.join(), bob.join()])
      await expect.poll(() => bob.path(), AGAIN).toMatch(/webrtc|punched/)
      await bob.say('before')
      await expect.poll(() => anna.shown(), AGAIN).toContain('before')

      lab.unplug(hosts[0])
      await bob.say('while you were away')
      await anna.say('while I was away')
      await expect.poll(() => anna.path(), AGAIN).toBe('none')
      lab.plug(hosts[0], lab.router('elsewhere', 'port-restricted'))

      await expect.poll(() => anna.path(), AGAIN).not.toBe('none')
      await bob.say('welcome back')
      await expect.poll(() => anna.shown(), AGAIN).toContain('welcome back')
      await expect.poll(() => bob.shown(), AGAIN).toContain('while I was away')
      await expect.poll(() => anna.shown(), AGAIN).toContain('while you were away')
      for (const one of [anna, bob]) await expect.poll(() => one.path(), AGAIN).toMatch(/webrtc|punched/)
      await bob.say('as before')
      await expect.poll(() => anna.shown(), AGAIN).toContain('as before')
    })
  }
)
