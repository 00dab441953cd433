import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** What the guards read beside the sources. */
const SETTINGS = [
  '.gitignore',
  '.oxfmtrc.json',
  '.oxlintrc.json',
  'bootstrap/tsconfig.json',
  'knip.jsonc',
  'package-lock.json',
  'package.json',
  'scripts/build-web.ts',
  'scripts/check-docs.ts',
  'scripts/check-types.ts',
  'scripts/oxlint-layers.mjs',
  'scripts/verify.ts',
  'src/browser/tsconfig.json',
  'src/core/tsconfig.json',
  'src/node/tsconfig.json',
  'test/setup/closing-line-reporter.ts',
  'test/tsconfig.json',
  'tsconfig.base.json',
  'tsconfig.json'
]

export interface Outcome {
  readonly status: number | null
  readonly output: string
}

export interface PlantedProject {
  readonly root: string
  /** Runs one of the project's tools here; its output is stdout, then stderr. */
  run(tool: string, ...parts: string[]): Promise<Outcome>
  remove(): void
}

/** A project in a temporary folder, with the real settings and tools, and these files in place of the real ones. */
export function plantProject(files: Readonly<Record<string, string>>): PlantedProject {
  const root = mkdtempSync(join(tmpdir(), 'starling-planted-'))
  for (const path of SETTINGS) cpSync(join(ROOT, path), join(root, path))
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return { root, run: (tool, ...parts) => run(root, tool, parts), remove: () => rmSync(root, { recursive: true }) }
}

function run(root: string, tool: string, parts: string[]): Promise<Outcome> {
  const path = `${join(ROOT, 'node_modules/.bin')}:${process.env['PATH']}`
  const child = spawn(tool, parts, { cwd: root, env: { ...process.env, PATH: path, NO_COLOR: '1' } })
  let output = ''
  let problems = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (problems += text))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', status => resolve({ status, output: output + problems }))
  })
}

export interface Finding {
  readonly file: string
  readonly rule: string
  readonly message: string
}

/** Everything that the linter says of the project. */
export async function lint(project: PlantedProject): Promise<Finding[]> {
  const { output } = await project.run('oxlint', '--format=json')
  const { diagnostics } = JSON.parse(output) as { diagnostics: Diagnostic[] }
  return diagnostics.map(({ filename, code, message }) => ({
    file: relative(project.root, join(project.root, filename)),
    rule: code,
    message
  }))
}

interface Diagnostic {
  filename: string
  code: string
  message: string
}
