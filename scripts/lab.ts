// Real peers and real tabs for pictures and measurements: started on loopback, ended by `clear`, whatever happens.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { chromium, type Browser, type Page } from 'playwright-core'
import { chromiumArguments, requireChromium } from './chromium.ts'

const LAUNCHER = fileURLToPath(new URL('../starling', import.meta.url))

export interface LabPeer {
  readonly http: string
  readonly data: string
  readonly kill: () => Promise<void>
}

export class Lab {
  readonly #folders: string[] = []
  readonly #children: ChildProcess[] = []
  readonly #browsers: Browser[] = []

  async browser(): Promise<Browser> {
    const browser = await chromium.launch({ executablePath: requireChromium(), args: chromiumArguments })
    this.#browsers.push(browser)
    return browser
  }

  async folder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'starling-lab-'))
    this.#folders.push(folder)
    return folder
  }

  /** `starling up` or `starling relay` on free ports, once it is ready. */
  async start(command: 'up' | 'relay', data?: string): Promise<LabPeer> {
    const folder = data ?? (await this.folder())
    const listen = ['tcp/0', 'tcp/0/ws', 'udp/0/webrtc-direct'].flatMap(each => ['--listen', `/ip4/127.0.0.1/${each}`])
    const args = [command, ...listen, '--http', '127.0.0.1:0', '--no-mdns', '--data', folder, '--json']
    const child = spawn(LAUNCHER, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    this.#children.push(child)
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
    const { http } = JSON.parse(line) as { http: string }
    const kill = async (): Promise<void> => {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    return { http, data: folder, kill }
  }

  async clear(): Promise<void> {
    for (const browser of this.#browsers) await browser.close()
    for (const child of this.#children) child.kill('SIGKILL')
    for (const folder of this.#folders) await rm(folder, { recursive: true, force: true })
  }
}

/** Makes an open room in a tab that has entered, and gives the link that the app offers. */
export async function makeRoom(page: Page, name: string): Promise<string> {
  await page.getByRole('button', { name: 'New room' }).first().click()
  const field = page.getByRole('dialog').getByRole('textbox', { name: 'Room name' })
  await page.getByRole('dialog').getByRole('radio', { name: 'Open' }).check()
  await field.fill(name)
  await field.press('Enter')
  await page.getByRole('textbox', { name: 'Message' }).waitFor()
  await page.getByRole('button', { name: 'Invite', exact: true }).first().click()
  const link = await page.getByRole('dialog').getByRole('textbox', { name: 'Invite link' }).inputValue()
  await page.keyboard.press('Escape')
  return link
}

export async function say(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Message' }).fill(text)
  await page.getByRole('button', { name: 'Send' }).click()
}

export async function hears(page: Page, text: string): Promise<void> {
  await page.getByRole('log', { name: 'Messages' }).getByText(text).first().waitFor()
}
