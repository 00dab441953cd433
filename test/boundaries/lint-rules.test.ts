import { afterAll, beforeAll, expect, test } from 'vitest'
import { lint, plantProject, type Finding, type PlantedProject } from './planted-project.ts'

const LONG = Array.from({ length: 401 }, (_, line) => `export const line${line} = ${line}\n`).join('')

/** Each: a file that breaks a rule beside the layer table, and what the linter must say of it. */
const VIOLATIONS: readonly { file: string; text: string; rule: string; message: string }[] = [
  {
    file: 'src/core/log/console.ts',
    text: "export const speak = (): void => console.log('here')\n",
    rule: 'eslint(no-console)',
    message: 'Unexpected console statement.'
  },
  {
    file: 'src/node/default-export.ts',
    text: 'export default function run(): void {}\n',
    rule: 'import(no-default-export)',
    message: 'Prefer named exports'
  },
  {
    file: 'src/node/any.ts',
    text: 'export const pass = (value: any): unknown => value\n',
    rule: 'typescript(no-explicit-any)',
    message: 'Unexpected `any`. Specify a different type.'
  },
  {
    file: 'src/node/non-null.ts',
    text: 'export const length = (text?: string): number => text!.length\n',
    rule: 'typescript(no-non-null-assertion)',
    message: 'Forbidden non-null assertion.'
  },
  {
    file: 'src/node/floating.ts',
    text: 'const work = async (): Promise<number> => 1\n\nexport function start(): void {\n  work()\n}\n',
    rule: 'typescript(no-floating-promises)',
    message: 'Promises must be awaited, add void operator to ignore.'
  },
  {
    file: 'src/node/equal.ts',
    text: 'export const isOne = (value: unknown): boolean => value == 1\n',
    rule: 'eslint(eqeqeq)',
    message: 'Expected === and instead saw =='
  },
  {
    file: 'src/node/unused.ts',
    text: 'const left = 1\n\nexport const right = 2\n',
    rule: 'eslint(no-unused-vars)',
    message: "Variable 'left' is declared but never used. Unused variables should start with a '_'."
  },
  {
    file: 'src/node/long.ts',
    text: LONG,
    rule: 'eslint(max-lines)',
    message: 'File has too many lines (401).'
  },
  {
    file: 'src/node/CamelCase.ts',
    text: 'export const right = 2\n',
    rule: 'unicorn(filename-case)',
    message: 'Filename should be in kebab-case'
  },
  {
    file: 'test/asserts-nothing.test.ts',
    text: "import { test } from 'vitest'\n\ntest('Ann waits', () => {})\n",
    rule: 'vitest(expect-expect)',
    message: 'Test has no assertions'
  },
  {
    file: 'test/alone.test.ts',
    text: "import { expect, test } from 'vitest'\n\ntest.only('Ann waits', () => expect(1).toBe(1))\n",
    rule: 'vitest(no-focused-tests)',
    message: 'Unexpected focused test.'
  }
]

let project: PlantedProject
let findings: Finding[]

beforeAll(async () => {
  project = plantProject(Object.fromEntries(VIOLATIONS.map(({ file, text }) => [file, text])))
  findings = await lint(project)
})

afterAll(() => project.remove())

test.each(VIOLATIONS)('$rule fires in $file', ({ file, rule, message }) => {
  const found = findings.filter(finding => finding.file === file)
  expect(found).toEqual([expect.objectContaining({ rule, message })])
})

test('a mere warning fails the gate, too', async () => {
  const warned = plantProject({ 'src/node/long.ts': LONG })
  try {
    expect((await warned.run('oxlint')).status).toBe(1)
  } finally {
    warned.remove()
  }
})
