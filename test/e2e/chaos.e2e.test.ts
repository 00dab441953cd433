import { expect, test } from 'vitest'
import { runCampaign } from '../chaos/campaign.ts'

test('eight peers of which a third is killed every few seconds lose nothing, and agree in the end', async () => {
  const result = await runCampaign({ peers: 8, duration: 60_000, seed: 1, report: () => undefined })
  expect(result).toMatchObject({ lost: [], isAgreed: true })
  expect(result.kills).toBeGreaterThan(10)
  expect(result.acknowledged).toBeGreaterThan(100)
}, 300_000)
