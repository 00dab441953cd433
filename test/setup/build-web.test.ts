import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { plantProject, type Outcome, type PlantedProject } from '../boundaries/planted-project.ts'

const CONFIG = "export default { root: 'src/browser', build: { outDir: '../../dist/web', emptyOutDir: true } }\n"

let project: PlantedProject

beforeEach(() => {
  project = plantProject({
    'vite.config.ts': CONFIG,
    'src/browser/index.html': '<script type="module" src="./main.ts"></script>\n',
    'src/browser/main.ts': "document.title = 'one'\n"
  })
})

afterEach(() => project.remove())

function build(...parts: string[]): Promise<Outcome> {
  return project.run('node', 'scripts/build-web.ts', ...parts)
}

test('the web app is built once, and again only when its sources change', async () => {
  expect(await build()).toEqual({ status: 0, output: 'Building the web app.\n' })
  expect(existsSync(join(project.root, 'dist/web/index.html'))).toBe(true)

  writeFileSync(join(project.root, 'src/browser/tsconfig.tsbuildinfo'), 'notes of the type checker')
  expect(await build()).toEqual({ status: 0, output: '' })

  writeFileSync(join(project.root, 'src/browser/main.ts'), "document.title = 'two'\n")
  expect(await build()).toEqual({ status: 0, output: 'Building the web app.\n' })
  expect(await build()).toEqual({ status: 0, output: '' })
  expect(await build('--force')).toEqual({ status: 0, output: 'Building the web app.\n' })
})

test('a web app that cannot be built fails with a last line that says so, and is tried again', async () => {
  writeFileSync(join(project.root, 'src/browser/main.ts'), "import './nowhere.ts'\n")
  for (const attempt of [1, 2]) {
    const { status, output } = await build()
    expect({ attempt, status }).toEqual({ attempt, status: 1 })
    expect(output.trimEnd().split('\n').at(-1)).toBe('The web app could not be built: see above.')
  }
})

test('a test run builds what users get, not a development build', async () => {
  writeFileSync(join(project.root, 'src/browser/main.ts'), 'document.title = process.env.NODE_ENV\n')
  await build()
  const html = readFileSync(join(project.root, 'dist/web/index.html'), 'utf8')
  const script = /src="\/?([^"]+)"/.exec(html)?.[1] ?? ''
  expect(readFileSync(join(project.root, 'dist/web', script), 'utf8')).toContain('production')
})
