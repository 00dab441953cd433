import { chromium, type Browser, type BrowserContext } from 'playwright-core'
import { onTestFinished } from 'vitest'
import { chromiumArguments, requireChromium } from '../../scripts/chromium.ts'
import { Tab } from './tab.ts'

export { Tab } from './tab.ts'

/** A browser of its own, closed when the test ends. */
export async function launchBrowser(...flags: string[]): Promise<Browser> {
  const args = [...chromiumArguments, ...flags]
  const browser = await chromium.launch({ executablePath: requireChromium(), args })
  onTestFinished(() => browser.close())
  return browser
}

/** Opens an address in a tab; a failed test shows what the page said, before its browser is closed. */
export async function openTab(name: string, context: BrowserContext | Browser, address: string): Promise<Tab> {
  const tab = new Tab(name, await context.newPage())
  onTestFinished(async ({ task }) => {
    if (task.result?.state !== 'fail') return
    const shown = await tab.page.locator('body').innerText({ timeout: 5000 })
    process.stderr.write(`${tab.log}\n${shown}\n`)
  })
  await tab.page.goto(address)
  return tab
}
