import { afterEach, describe, expect, test } from 'vitest'
import { plantProject, type Outcome, type PlantedProject } from './planted-project.ts'

let project: PlantedProject | undefined

afterEach(() => {
  project?.remove()
  project = undefined
})

function runOn(files: Readonly<Record<string, string>>, tool: string, ...parts: string[]): Promise<Outcome> {
  project = plantProject(files)
  return project.run(tool, ...parts)
}

describe('the type check', () => {
  test.each([
    {
      flag: 'strict',
      text: 'export const first = (list: string[] | undefined): number => list.length\n',
      message: "error TS18048: 'list' is possibly 'undefined'."
    },
    {
      flag: 'noUncheckedIndexedAccess',
      text: 'export const first = (list: string[]): string => list[0]\n',
      message: "error TS2322: Type 'string | undefined' is not assignable to type 'string'."
    },
    {
      flag: 'exactOptionalPropertyTypes',
      text: 'export const options: { limit?: number } = { limit: undefined }\n',
      message: "with 'exactOptionalPropertyTypes: true'"
    },
    {
      flag: 'erasableSyntaxOnly',
      text: 'export enum Class {\n  Control,\n  Chat\n}\n',
      message: "error TS1294: This syntax is not allowed when 'erasableSyntaxOnly' is enabled."
    },
    {
      flag: 'verbatimModuleSyntax',
      text: "import { Thing } from './thing.ts'\nexport const size = (thing: Thing): number => thing.size\n",
      message: "error TS1484: 'Thing' is a type and must be imported using a type-only import"
    },
    {
      flag: 'noImplicitOverride',
      text: 'class A {\n  run(): void {}\n}\nexport class B extends A {\n  run(): void {}\n}\n',
      message: "error TS4114: This member must have an 'override' modifier"
    },
    {
      flag: 'no DOM in the core',
      text: 'export const title: unknown = globalThis.document\n',
      message:
        "error TS7017: Element implicitly has an 'any' type because type 'typeof globalThis' has no index signature."
    },
    {
      flag: 'no Node in the core',
      text: "import { readFileSync } from 'node:fs'\nexport const read = readFileSync\n",
      message: "error TS2591: Cannot find name 'node:fs'."
    }
  ])('fires: $flag', async ({ text, message }) => {
    const files = {
      'src/core/log/planted.ts': text,
      'src/core/log/thing.ts': 'export interface Thing { size: number }\n'
    }
    const { status, output } = await runOn(files, 'tsc', '-p', 'src/core')
    expect(output).toContain('src/core/log/planted.ts(')
    expect(output).toContain(message)
    expect(status).not.toBe(0)
  })

  test('passes clean code', async () => {
    const files = { 'src/core/log/planted.ts': 'export const size = new TextEncoder().encode("x").length\n' }
    expect(await runOn(files, 'tsc', '-p', 'src/core')).toEqual({ status: 0, output: '' })
  })
})

describe('the format check', () => {
  test.each([
    ['a semicolon', "export const name = 'x';\n"],
    ['double quotes', 'export const name = "x"\n'],
    ['a trailing comma', "export const names = [\n  'x',\n]\n"],
    ['four spaces', 'export function run(): number {\n    return 1\n}\n'],
    ['parentheses around one parameter', 'export const run = (x: number[]) => x.map((y) => y)\n'],
    ['a line over 120 columns', `export const sum = [${Array.from({ length: 60 }, (_, index) => index).join(', ')}]\n`]
  ])('fires: %s', async (_, text) => {
    const { status, output } = await runOn({ 'src/core/log/planted.ts': text }, 'oxfmt', '--check')
    expect(output).toContain('src/core/log/planted.ts')
    expect(output).toContain('Format issues found in above 1 files.')
    expect(status).toBe(1)
  })

  test('passes clean code', async () => {
    const { status } = await runOn({ 'src/core/log/planted.ts': "export const name = 'x'\n" }, 'oxfmt', '--check')
    expect(status).toBe(0)
  })
})

describe('the check for unused code', () => {
  const used = { 'src/node/cli.ts': "import { used } from './used.ts'\n\nused()\n" }
  const knip = ['knip', '--include', 'files,exports,types,dependencies,unlisted,unresolved'] as const

  test.each([
    [
      'an unused file',
      { 'src/node/left-over.ts': 'export const a = 1\n' },
      /^Unused files[^]*src\/node\/left-over\.ts/m
    ],
    [
      'an unused export',
      { 'src/node/used.ts': 'export const used = (): void => {}\nexport const unused = 1\n' },
      /^Unused exports[^]*unused\s+src\/node\/used\.ts/m
    ],
    [
      'an unlisted package',
      { 'src/node/used.ts': "import 'left-pad'\n\nexport const used = (): void => {}\n" },
      /^Unlisted dependencies[^]*left-pad\s+src\/node\/used\.ts/m
    ]
  ])('fires: %s', async (_, files, message) => {
    const planted = { 'src/node/used.ts': 'export const used = (): void => {}\n', ...used, ...files }
    const { status, output } = await runOn(planted, ...knip)
    expect(output).toMatch(message)
    expect(status).toBe(1)
  })

  test('fires: an unused dependency', async () => {
    const { output } = await runOn({ ...used, 'src/node/used.ts': 'export const used = (): void => {}\n' }, ...knip)
    expect(output).toMatch(/^Unused dependencies[^]*libp2p\s+package\.json/m)
  })
})

describe('the check of the documents', () => {
  const CLI = "process.stdout.write('  room create NAME  create a room\\n  id show  show it\\n')\n"

  test.each([
    [
      'a link to no file',
      { 'README.md': 'See\n[this](docs/none.md).\n' },
      'README.md:2: the link docs/none.md leads nowhere: there is no such file\n'
    ],
    [
      'a link to no heading',
      { 'README.md': '[this](docs/some.md#other)\n', 'docs/some.md': '# Some heading\n' },
      'README.md:1: the link docs/some.md#other leads nowhere: docs/some.md has no such heading\n'
    ],
    [
      'a link out of the repository',
      { 'docs/some.md': '[this](../../elsewhere.md)\n' },
      'docs/some.md:1: the link ../../elsewhere.md leads out of the repository\n'
    ],
    [
      'a command that the program does not know',
      {
        'docs/contract.md': '## Commands\n| command | does |\n|---|---|\n| `room create NAME` · `fly` | |\n',
        'src/node/cli.ts': CLI
      },
      'docs/contract.md: the command fly is not in `starling --help`\n'
    ],
    [
      'a choice that the program does not know',
      { 'docs/contract.md': '## Commands\n| `id [show \\| sing SONG]` | |\n', 'src/node/cli.ts': CLI },
      'docs/contract.md: the command id sing is not in `starling --help`\n'
    ]
  ])('fires: %s', async (_, files, complaint) => {
    expect(await runOn(files, 'node', 'scripts/check-docs.ts')).toEqual({ status: 1, output: complaint })
  })

  test('passes documents that keep their word', async () => {
    const files = {
      'README.md': '[one](docs/some.md#a-heading-here) [two](#top) [three](https://example.org)\n\n# Top\n\n`[x](y)`\n',
      'docs/some.md': '# A heading, here\n```\n[not](a-link.md)\n```\n',
      'docs/contract.md': '## Commands\n| `room create NAME [--open]` | |\n| `id [show]` | |\n',
      'src/node/cli.ts': CLI
    }
    expect(await runOn(files, 'node', 'scripts/check-docs.ts')).toEqual({ status: 0, output: '' })
  })
})
