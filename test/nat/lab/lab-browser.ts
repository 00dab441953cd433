import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Browser } from 'playwright-core'
import { chromiumArguments, requireChromium } from '../../../scripts/chromium.ts'
import type { Host } from './nat-lab.ts'

export interface LabBrowser {
  readonly browser: Browser
  end(): Promise<void>
}

/**
 * Chromium on a host of the lab. Playwright steers it through a pipe, which crosses namespaces. The lab has no certificates: pages come
 * by plain http, and those of `origin` are taken for a secure context, as https would make them, without which the app refuses to start.
 */
export async function launchAt(host: Host, origin: string): Promise<LabBrowser> {
  const folder = await mkdtemp(join(tmpdir(), 'starling-lab-browser-'))
  const executablePath = join(folder, 'chromium')
  const words = [...host.wrap, requireChromium()].map(word => `'${word}'`).join(' ')
  await writeFile(executablePath, `#!/bin/sh\nexec ${words} "$@"\n`)
  await chmod(executablePath, 0o700)
  const browser = await chromium.launch({
    executablePath,
    args: [...chromiumArguments, `--unsafely-treat-insecure-origin-as-secure=${origin}`]
  })
  const end = async (): Promise<void> => {
    await browser.close()
    await rm(folder, { recursive: true, force: true })
  }
  return { browser, end }
}
