import { Level } from 'level'
import { onTestFinished } from 'vitest'
import type { Database } from '../../src/core/log/index.ts'

let count = 0

/** An empty LevelDB in a temporary folder, or an IndexedDB in a browser; removed when the test ends. */
export async function temporaryDatabase(): Promise<Database> {
  const folder = await temporaryFolder()
  return new Level<Uint8Array, Uint8Array>(folder, { keyEncoding: 'view', valueEncoding: 'view' })
}

async function temporaryFolder(): Promise<string> {
  count += 1
  if (!('process' in globalThis)) return `starling-test-${count}`
  const { mkdtemp, rm } = await import('node:fs/promises')
  const { tmpdir } = await import('node:os')
  const folder = await mkdtemp(`${tmpdir()}/starling-test-`)
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}
