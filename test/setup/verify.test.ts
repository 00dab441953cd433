import { expect, test } from 'vitest'
import { plantProject } from '../boundaries/planted-project.ts'

const CONFIG = `import { defineConfig } from 'vitest/config'
import { ClosingLineReporter } from './test/setup/closing-line-reporter.ts'

export default defineConfig({ test: { reporters: ['default', new ClosingLineReporter()] } })
`

test('the gate goes on after a failed check, and counts checks and tests in its last line', async () => {
  const project = plantProject({
    'vitest.config.ts': CONFIG,
    'README.md': '[nowhere](nowhere.md)\n',
    'src/core/log/planted.ts': "export const planted = 'x';\n",
    'test/some.test.ts': `import { expect, test } from 'vitest'\n\ntest('good', () => expect(1).toBe(1))\n`
  })
  try {
    const { status, output } = await project.run('sh', '-c', 'node scripts/verify.ts 2>/dev/null')
    const lines = output.trimEnd().split('\n')
    expect(output).toContain(
      'README.md:1: the link nowhere.md leads nowhere: there is no such file\nFAILED  documentation'
    )
    expect(output).toMatch(/^ok {6}lint and layers \(/m)
    expect(lines.at(-2)).toBe('Checks that failed, each counted below: format, types, unused code, documentation')
    expect(lines.at(-1)).toBe('2 passed, 4 failed')
    expect(output.match(/^\d+ passed, \d+ failed/gm)).toHaveLength(1)
    expect(status).toBe(1)
  } finally {
    project.remove()
  }
})
