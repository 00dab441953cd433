import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lint, plantProject, type Finding, type PlantedProject } from './planted-project.ts'

const MORE = '(docs/architecture.md)'
const CORE_LAYERS = ['bytes', 'identity', 'network', 'doctor', 'log', 'encryption', 'chat']

/** Each: a file that breaks a rule, and the one sentence that the linter must say of it. */
const VIOLATIONS: readonly { file: string; text: string; sentence: string }[] = [
  ...CORE_LAYERS.slice(1).map((right, index) => ({
    file: `src/core/${CORE_LAYERS[index]}/to-the-right.ts`,
    text: `import type { Thing } from '../${right}/index.ts'\nexport const thing = (it: Thing): Thing => it\n`,
    sentence: `core/${CORE_LAYERS[index]} may not import core/${right}: imports point only left ${MORE}`
  })),
  {
    file: 'src/core/log/to-the-far-right.ts',
    text: "import { make } from '../chat/index.ts'\nexport const made = make()\n",
    sentence: `core/log may not import core/chat: imports point only left ${MORE}`
  },
  {
    file: 'src/core/chat/to-the-node-edge.ts',
    text: "import { make } from '../../node/index.ts'\nexport const made = make()\n",
    sentence: `core/chat may not import node: imports point only left ${MORE}`
  },
  {
    file: 'src/core/chat/to-the-browser-edge.ts',
    text: "import { make } from '../../browser/index.ts'\nexport const made = make()\n",
    sentence: `core/chat may not import browser: imports point only left ${MORE}`
  },
  {
    file: 'src/node/to-bootstrap.ts',
    text: "import { make } from '../../bootstrap/index.ts'\nexport const made = make()\n",
    sentence: `node may not import bootstrap: imports point only left ${MORE}`
  },
  {
    file: 'src/node/to-the-other-edge.ts',
    text: "import { make } from '../browser/index.ts'\nexport const made = make()\n",
    sentence: `node may not import browser: the two edges do not know each other ${MORE}`
  },
  {
    file: 'src/browser/to-the-other-edge.ts',
    text: "import { make } from '../node/index.ts'\nexport const made = make()\n",
    sentence: `browser may not import node: the two edges do not know each other ${MORE}`
  },
  {
    file: 'src/core/log/through-the-window.ts',
    text: "import { secret } from '../bytes/inside.ts'\nexport const made = secret\n",
    sentence: `core/log may import core/bytes only through its door, src/core/bytes/index.ts ${MORE}`
  },
  {
    file: 'src/core/log/re-export.ts',
    text: "export { secret } from '../bytes/inside.ts'\n",
    sentence: `core/log may import core/bytes only through its door, src/core/bytes/index.ts ${MORE}`
  },
  {
    file: 'src/core/log/re-export-all.ts',
    text: "export * from '../bytes/inside.ts'\n",
    sentence: `core/log may import core/bytes only through its door, src/core/bytes/index.ts ${MORE}`
  },
  {
    file: 'src/node/late.ts',
    text: "export const load = (): Promise<unknown> => import('../core/bytes/inside.ts')\n",
    sentence: `node may import core/bytes only through its door, src/core/bytes/index.ts ${MORE}`
  },
  {
    file: 'src/node/computed.ts',
    text: 'export const load = (name: string): Promise<unknown> => import(`../core/${name}.ts`)\n',
    sentence: `node may not import a computed path: layers could not be checked ${MORE}`
  },
  ...['log', 'encryption', 'chat'].map(layer => ({
    file: `src/core/${layer}/loads-the-network.ts`,
    text: "import { make } from '../network/index.ts'\nexport const made = make()\n",
    sentence: `core/${layer} may import only types from core/network: with values, every command would load libp2p ${MORE}`
  })),
  {
    file: 'src/core/log/node-module.ts',
    text: "import { readFileSync } from 'node:fs'\nexport const read = readFileSync\n",
    sentence: `core/log may not import node:fs: src/core runs in browsers, too ${MORE}`
  },
  {
    file: 'src/browser/node-module.ts',
    text: "import { readFileSync } from 'node:fs'\nexport const read = readFileSync\n",
    sentence: `browser may not import node:fs: it is not there in a tab ${MORE}`
  },
  {
    file: 'src/core/chat/package.ts',
    text: "import { createLibp2p } from 'libp2p'\nexport const create = createLibp2p\n",
    sentence: 'core/chat may not import libp2p: the packages of each layer stand in scripts/oxlint-layers.mjs'
  },
  {
    file: 'src/core/log/scoped-package.ts',
    text: "import { sha256 } from '@noble/hashes/sha2.js'\nexport const hash = sha256\n",
    sentence: 'core/log may not import @noble/hashes: the packages of each layer stand in scripts/oxlint-layers.mjs'
  },
  {
    file: 'src/core/log/outside.ts',
    text: "import { make } from '../../../test/make.ts'\nexport const made = make()\n",
    sentence: `core/log may not import test/make.ts: a layer imports only layers and packages ${MORE}`
  },
  ...['document', 'window'].map(name => ({
    file: `src/core/log/${name}.ts`,
    text: `export const title: unknown = ${name}\n`,
    sentence: `Unexpected use of '${name}'. src/core runs in Node, too ${MORE}.`
  })),
  ...['process', 'Buffer'].map(name => ({
    file: `src/core/log/${name.toLowerCase()}.ts`,
    text: `export const value: unknown = ${name}\n`,
    sentence: `Unexpected use of '${name}'. src/core runs in browsers, too ${MORE}.`
  })),
  {
    file: 'src/core/log/cycle.ts',
    text: "import { other } from './other-half.ts'\nexport const half = (): number => other()\n",
    sentence: 'Dependency cycle detected'
  }
]

const DOOR = 'export interface Thing {\n  readonly size: number\n}\n\nexport const make = (): Thing => ({ size: 1 })\n'

/** All that is allowed, in one file per layer that allows it. */
const CLEAN: Readonly<Record<string, string>> = {
  'src/core/bytes/inside.ts': 'export const secret = 1\n',
  'src/core/bytes/clean.ts': "import { sha256 } from '@noble/hashes/sha2.js'\nexport const hash = sha256\n",
  'src/core/network/clean.ts': "import { createLibp2p } from 'libp2p'\nexport const create = createLibp2p\n",
  'src/core/log/clean.ts': "import { make } from '../bytes/index.ts'\nexport const made = make()\n",
  'src/core/log/deep/clean.ts': "import { made } from '../clean.ts'\nexport const again = made\n",
  'src/core/chat/clean.ts':
    "import type { Thing } from '../network/index.ts'\nexport type { Thing as Other } from '../network/index.ts'\n" +
    'export const sizeOf = (thing: Thing): number => thing.size\n',
  'src/node/clean.ts':
    "import { readFileSync } from 'node:fs'\nimport { make } from '../core/network/index.ts'\n" +
    "export const load = (): Promise<unknown> => import('../core/chat/index.ts')\n" +
    'export const made = [make(), readFileSync]\n',
  'src/browser/clean.tsx':
    "import { make } from '../core/network/index.ts'\nexport const Clean = () => <p>{make().size} {document.title}</p>\n",
  'bootstrap/clean.ts': "import { make } from '../src/node/index.ts'\nexport const made = make()\n",
  'test/make.ts': "export { secret } from '../src/core/bytes/inside.ts'\nexport const make = (): number => 1\n"
}

let project: PlantedProject
let findings: Finding[]

beforeAll(async () => {
  const doors = [...CORE_LAYERS.map(name => `src/core/${name}`), 'src/node', 'src/browser', 'bootstrap']
  project = plantProject({
    ...Object.fromEntries(doors.map(folder => [`${folder}/index.ts`, DOOR])),
    ...CLEAN,
    'src/core/log/other-half.ts': "import { half } from './cycle.ts'\nexport const other = (): number => half()\n",
    ...Object.fromEntries(VIOLATIONS.map(({ file, text }) => [file, text]))
  })
  findings = await lint(project)
})

afterAll(() => project.remove())

describe('the layer table', () => {
  test.each(VIOLATIONS)('$file: $sentence', ({ file, sentence }) => {
    expect(findings.filter(finding => finding.file === file).map(({ message }) => message)).toEqual([sentence])
  })

  test.each(Object.keys(CLEAN))('%s breaks no rule', file => {
    expect(findings.filter(finding => finding.file === file)).toEqual([])
  })
})
