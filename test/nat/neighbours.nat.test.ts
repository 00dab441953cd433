import { describe, expect, test } from 'vitest'
import { whyNoNats } from './lab/nat-lab.ts'
import { meetByRelay, meetOnce } from './meet-once.ts'

const missing = whyNoNats()

describe.skipIf(missing !== undefined)(`neighbours${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  test('on one LAN reach each other there', async () => {
    expect(await meetOnce('one-lan', 'one-lan')).toMatchObject({ path: 'direct', talked: true, lost: 0, twice: 0 })
  })

  test('whom one router keeps apart talk by the relay', async () => {
    expect(await meetByRelay('guests', 'guests')).toMatchObject({ path: 'relayed', talked: true, lost: 0, twice: 0 })
  })
})

describe.skipIf(missing !== undefined)(`IPv6 alone${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  test('behind firewalls two reach each other directly', async () => {
    const trial = await meetOnce('ip6-firewall', 'ip6-firewall')
    expect(trial).toMatchObject({
      path: expect.stringMatching(/^(?:punched|webrtc)$/),
      talked: true,
      lost: 0,
      twice: 0
    })
  })
})
