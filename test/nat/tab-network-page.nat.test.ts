import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { Tab } from '../e2e/tab.ts'
import { launchAt } from './lab/lab-browser.ts'
import type { NatKind } from './lab/nat-kind.ts'
import { whyNoNats, type Host } from './lab/nat-lab.ts'
import { prepareMeeting } from './meeting.ts'

const missing = whyNoNats()
const OPEN = { kind: 'open', isTab: true } as const

/** What a tab behind each kind of router can tell: of its own address it knows nothing, so none at all looks like a cone. */
const TOLD: Partial<Record<NatKind, string>> = {
  'port-restricted': 'cone NAT, the usual kind, or none',
  'symmetric-random': 'symmetric NAT, the strictest kind',
  'udp-blocked': 'UDP is blocked, or no STUN server can be reached'
}

const NOT_TOLD = 'cannot be told'
const AGAIN = { timeout: 60_000, interval: 500 }

/** Opens the page `Network` in Chromium on the host, and waits for what it found out. */
async function networkPageAt(host: Host, page: string): Promise<Tab> {
  const { browser, end } = await launchAt(host, new URL(page).origin)
  onTestFinished(end)
  const tab = new Tab(host.name, await browser.newPage({ viewport: { width: 1280, height: 1600 } }))
  onTestFinished(({ task }) => {
    if (task.result?.state === 'fail') process.stderr.write(`${tab.log}\n`)
  })
  await tab.page.goto(page)
  await tab.enterAs('Anna')
  await tab.isConnected(/Connected/)
  await tab.connection().getByRole('link').click()
  await tab.page.getByText(/^Tried at/).waitFor()
  return tab
}

describe.skipIf(missing !== undefined)(
  `the network page of a tab behind a NAT${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    test('tells the kind of the router, the address outside and how each way fares', async () => {
      const { lab, page, end } = await prepareMeeting([OPEN, OPEN], 2)
      onTestFinished(end)
      const told: Partial<Record<NatKind, string | undefined>> = {}
      for (const kind of Object.keys(TOLD) as NatKind[]) {
        const tab = await networkPageAt(lab.host(`in-${kind}`, kind), page)
        const report = tab.page.getByRole('region', { name: 'What your network allows' })
        const found = report.getByRole('region', { name: 'Router' }).locator('.found')
        // It takes two relays to tell; the second may have been on its way.
        if ((await found.textContent()) === NOT_TOLD) {
          await report.getByRole('button', { name: 'Check again' }).click()
          await vi.waitFor(async () => expect(await found.textContent()).not.toBe(NOT_TOLD), AGAIN)
        }
        told[kind] = (await found.textContent()) ?? ''
        expect(await report.getByText(/^44\.0\.0\.\d+$/).count()).toBe(1)
        expect(tab.exceptions).toEqual([])
      }
      expect(told).toEqual(TOLD)
    })
  }
)
