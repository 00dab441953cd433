import type { Locator, Page } from 'playwright-core'

/** Nothing here takes a tenth of this on a busy machine. */
const LIMIT = 60_000

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

  /** An open one, unless it is to be private. */
  async createRoom(name: string, kind: 'Open' | 'Private' = 'Open'): Promise<void> {
    await this.page.getByRole('button', { name: 'New room' }).first().click()
    const dialog = this.page.getByRole('dialog')
    await dialog.getByRole('radio', { name: kind }).check()
    await dialog.getByRole('textbox', { name: 'Room name' }).fill(name)
    await dialog.getByRole('textbox', { name: 'Room name' }).press('Enter')
    await this.composer().waitFor()
  }

  /** The link that the app offers for the room that is open. */
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

  /** Waits until all of the program has come. */
  async isWhole(): Promise<void> {
    await this.page.waitForFunction(() => performance.getEntriesByName('starling-whole').length > 0)
  }

  async openDetails(): Promise<void> {
    await this.page.getByRole('button', { name: 'Details', exact: true }).click()
  }

  /** Removes a member from the room, by its details, which are open. */
  async remove(nick: string): Promise<void> {
    await this.page.getByRole('button', { name: `Change ${nick}` }).click()
    await this.page.getByRole('button', { name: 'Remove from the room' }).click()
    await this.page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
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
