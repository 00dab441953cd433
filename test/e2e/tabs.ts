import { chromium, type Browser, type BrowserContext, type Locator, type Page } from 'playwright-core'
import { onTestFinished } from 'vitest'
import { chromiumArguments, requireChromium } from '../../scripts/chromium.ts'

/** Nothing here takes a tenth of this on a busy machine. */
const LIMIT = 60_000

/** A browser of its own, closed when the test ends. */
export async function launchBrowser(...flags: string[]): Promise<Browser> {
  const args = [...chromiumArguments, ...flags]
  const browser = await chromium.launch({ executablePath: requireChromium(), args })
  onTestFinished(() => browser.close())
  return browser
}

/** One browser tab, driven by the names that a screen reader says. */
export class Tab {
  readonly name: string
  readonly page: Page
  readonly #log: string[] = []

  constructor(name: string, page: Page) {
    this.name = name
    this.page = page
    page.setDefaultTimeout(LIMIT)
    page.on('console', message => this.#log.push(`${message.type()}: ${message.text()}`))
    page.on('pageerror', error => this.#log.push(`exception: ${error.message}`))
  }

  /** What the page complained of: a test ends with none. */
  get exceptions(): string[] {
    return this.#log.filter(line => line.startsWith('exception:') || line.includes('Content Security Policy'))
  }

  get log(): string {
    return [`--- ${this.name}`, ...this.#log].join('\n')
  }

  async enterAs(nick: string): Promise<void> {
    await this.page.getByRole('textbox', { name: 'Nickname' }).fill(nick)
    await this.page.getByRole('button', { name: 'Start' }).click()
  }

  async createRoom(name: string): Promise<void> {
    await this.page.getByRole('button', { name: 'New room' }).first().click()
    const dialog = this.page.getByRole('dialog')
    await dialog.getByRole('textbox', { name: 'Room name' }).fill(name)
    await dialog.getByRole('textbox', { name: 'Room name' }).press('Enter')
    await this.composer().waitFor()
  }

  /** The link that the app offers for the open room. */
  async inviteLink(): Promise<string> {
    await this.page.getByRole('button', { name: 'Invite', exact: true }).first().click()
    const link = await this.page.getByRole('dialog').getByRole('textbox', { name: 'Invite link' }).inputValue()
    await this.page.keyboard.press('Escape')
    return link
  }

  composer(): Locator {
    return this.page.getByRole('textbox', { name: 'Message' })
  }

  async say(text: string): Promise<void> {
    await this.composer().fill(text)
    await this.page.getByRole('button', { name: 'Send' }).click()
  }

  /** Waits until the text stands in the list of messages. */
  async hears(text: string): Promise<void> {
    await this.messages().getByText(text, { exact: true }).first().waitFor()
  }

  /** Waits until the newest own message is durable: before that its text is shown, too, but a reload may lose it. */
  async hasSent(): Promise<void> {
    await this.messages().getByRole('img', { name: 'Sent' }).last().waitFor()
  }

  messages(): Locator {
    return this.page.getByRole('log', { name: 'Messages' })
  }

  connection(): Locator {
    return this.page.getByRole('status', { name: 'Connection' })
  }

  /** Waits until the connection line says something that fits. */
  async isConnected(words: RegExp): Promise<void> {
    await this.connection().filter({ hasText: words }).first().waitFor()
  }
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
