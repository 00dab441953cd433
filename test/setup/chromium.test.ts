import { spawnSync } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const SCRIPT = fileURLToPath(new URL('../../scripts/ensure-chromium.ts', import.meta.url))

test('a CHROMIUM_PATH that cannot be run is named, and nothing is installed in its place', () => {
  const env = { ...process.env, CHROMIUM_PATH: '/nowhere/chromium' }
  const { status, stderr } = spawnSync(process.execPath, [SCRIPT], { env, encoding: 'utf8' })
  expect(stderr).toBe(
    'CHROMIUM_PATH is not a program that can be run: /nowhere/chromium. Correct it, or unset it to use an installed one.\n'
  )
  expect(status).toBe(1)
})

test('a CHROMIUM_PATH that can be run is taken as it is', () => {
  const env = { ...process.env, CHROMIUM_PATH: process.execPath }
  const { status, stderr } = spawnSync(process.execPath, [SCRIPT], { env, encoding: 'utf8' })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
})
