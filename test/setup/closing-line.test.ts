import { afterEach, expect, test } from 'vitest'
import { plantProject, type PlantedProject } from '../boundaries/planted-project.ts'

const CONFIG = `import { defineConfig } from 'vitest/config'
import { ClosingLineReporter } from './test/setup/closing-line-reporter.ts'

export default defineConfig({
  test: { reporters: ['default', new ClosingLineReporter()], globalSetup: ['test/set-up.ts'] }
})
`
const GOOD = "import { expect, test } from 'vitest'\ntest('good', () => expect(1).toBe(1))\n"

let project: PlantedProject | undefined

afterEach(() => {
  project?.remove()
  project = undefined
})

test.each([
  { when: 'all is well', body: '', last: '1 passed, 0 failed', status: 0 },
  { when: 'one fails', body: "test('bad', () => expect(1).toBe(2))", last: '1 passed, 1 failed', status: 1 },
  {
    when: 'one cannot run here',
    body: "test('far', context => context.skip('no root here'))",
    last: 'skipped: far: no root here\n1 passed, 0 failed, 1 skipped',
    status: 0
  },
  {
    when: 'nobody awaits an exception',
    body: "test('lost', () => { void Promise.reject(new Error('lost')); expect(1).toBe(1) })",
    last: '2 passed, 1 failed',
    status: 1
  },
  { when: 'a file does not load', body: "import './nowhere.ts'", last: '0 passed, 1 failed', status: 1 }
])('the run ends with "$last" when $when', async ({ body, last, status }) => {
  const outcome = await runVitest({ 'test/some.test.ts': `${GOOD}${body}\n` })
  expect(outcome.output.trimEnd().split('\n').slice(-last.split('\n').length).join('\n')).toBe(last)
  expect(outcome.status).toBe(status)
})

test('a run in which every test was skipped is no success', async () => {
  const text = "import { test } from 'vitest'\ntest('far', context => context.skip('no root here'))\n"
  const { status, output } = await runVitest({ 'test/some.test.ts': text })
  expect(output).toMatch(/^0 passed, 0 failed, 1 skipped$/m)
  expect(status).toBe(1)
})

test('a run that a test ends is no success', async () => {
  const text = "import { test } from 'vitest'\ntest('end', () => process.exit(0))\n"
  const { status, output } = await runVitest({ 'test/some.test.ts': text })
  expect(output).toMatch(/^0 passed, 1 failed$/m)
  expect(status).toBe(1)
})

test('a run without any test is no success', async () => {
  const { status, output } = await runVitest({})
  expect(output).toMatch(/^0 passed, 1 failed$/m)
  expect(status).toBe(1)
})

test('a run that cannot be prepared is no success', async () => {
  const files = { 'test/some.test.ts': GOOD, 'test/set-up.ts': "export const setup = () => { throw new Error('x') }\n" }
  const { status, output } = await runVitest(files)
  expect(output).toMatch(/^0 passed, 1 failed$/m)
  expect(status).toBe(1)
})

/** Its stdout alone, which ends with the closing line. */
async function runVitest(files: Readonly<Record<string, string>>): Promise<{ status: number | null; output: string }> {
  const setUp = { 'test/set-up.ts': 'export const setup = (): void => {}\n' }
  project = plantProject({ 'vitest.config.ts': CONFIG, ...setUp, ...files })
  return project.run('sh', '-c', 'vitest run 2>/dev/null')
}
