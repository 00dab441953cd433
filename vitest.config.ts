import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { chromiumArguments, findChromium } from './scripts/chromium.ts'
import { ClosingLineReporter } from './test/setup/closing-line-reporter.ts'

const SECONDS = 1000

const executablePath = findChromium()
const launchOptions = { args: chromiumArguments, ...(executablePath !== undefined && { executablePath }) }

const inBrowser = ['test/**/*.browser.test.{ts,tsx}', 'test/**/*.both.test.ts']
const endToEnd = ['test/e2e/**/*.e2e.test.ts']
const throughNats = ['test/nat/**/*.nat.test.ts']

// `vitest run --project node` (or browser, e2e) runs one part alone. Otherwise they take turns (`groupOrder`, where 0 means
// no order of its own), so that no part slows another down until waits end too early.
export default defineConfig({
  test: {
    reporters: [['default', { summary: false }], new ClosingLineReporter()],
    projects: [
      {
        test: {
          name: 'node',
          environment: 'node',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.browser.test.ts', ...endToEnd, ...throughNats],
          // Vitest leaves one core unused, which is half of a small machine.
          maxWorkers: '100%',
          sequence: { groupOrder: 1 },
          testTimeout: 180 * SECONDS,
          hookTimeout: 120 * SECONDS
        }
      },
      {
        // Without this, some package that brings React makes Vite compile JSX for it.
        oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
        // A dependency that is found only while tests run reloads the page under them.
        optimizeDeps: { entries: ['src/browser/**/*.{ts,tsx}', 'src/core/**/*.ts', ...inBrowser] },
        test: {
          name: 'browser',
          include: inBrowser,
          sequence: { groupOrder: 2 },
          testTimeout: 30 * SECONDS,
          hookTimeout: 30 * SECONDS,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions }),
            instances: [{ browser: 'chromium' }]
          }
        }
      },
      {
        test: {
          name: 'e2e',
          environment: 'node',
          include: endToEnd,
          globalSetup: ['test/setup/build-web-app.ts'],
          // Whole peers and browsers, with relays killed under them: one file at a time, after everything else.
          fileParallelism: false,
          sequence: { groupOrder: 3 },
          testTimeout: 180 * SECONDS,
          hookTimeout: 120 * SECONDS
        }
      },
      {
        test: {
          name: 'nat',
          environment: 'node',
          include: throughNats,
          globalSetup: ['test/setup/build-web-app.ts'],
          fileParallelism: false,
          sequence: { groupOrder: 4 },
          testTimeout: 180 * SECONDS,
          hookTimeout: 120 * SECONDS
        }
      }
    ]
  }
})
