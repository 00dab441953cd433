import { createHash } from 'node:crypto'
import { lstat, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Level } from 'level'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ALONE, QUIET, runProgram, startProgram, temporaryFolder, untilReady, type Program } from './program.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let data: string
let started: Program[]

beforeEach(async () => {
  folder = await temporaryFolder()
  data = join(folder.path, 'data')
  started = []
  await runProgram(['room', 'create', 'Talk', '--open', '--data', data])
})

afterEach(async () => {
  await Promise.all(started.map(program => program.stop('SIGKILL')))
  await folder.remove()
})

/** Every file and folder there, with its bytes and when it was last written. */
async function contentsOf(path: string): Promise<Map<string, string>> {
  const names = await readdir(path, { recursive: true })
  const facts = names.toSorted().map(async (name): Promise<[string, string]> => {
    const found = await lstat(join(path, name))
    const bytes = found.isFile() ? await readFile(join(path, name)) : 'no file'
    return [name, `${found.mode.toString(8)} ${found.mtimeMs} ${createHash('sha256').update(bytes).digest('hex')}`]
  })
  return new Map(await Promise.all(facts))
}

/** As a newer version would leave it, when it was killed while it wrote tables. */
async function makeNewer(): Promise<void> {
  const store = join(data, 'store')
  const database = new Level(store)
  await database.put('p!schema', '99')
  await database.close()
  const numbers = (await readdir(store)).map(name => Number(/\d+/.exec(name)?.[0] ?? 0))
  const last = Math.max(...numbers)
  for (const number of [last + 1, last + 2, last + 3]) {
    await writeFile(join(store, `${String(number).padStart(6, '0')}.ldb`), 'half a table')
  }
}

test.each([
  ['room list', []],
  ['read Talk', []],
  ['read Talk --follow', QUIET],
  ['send Talk hello', ALONE],
  ['up', QUIET],
  ['relay', QUIET],
  ['relay --check', []],
  ['relay --keep', QUIET]
])('starling %s refuses a data folder of a newer version, and leaves it as it is', async (command, network) => {
  await makeNewer()
  const before = await contentsOf(data)
  const outcome = await runProgram([...command.split(' '), ...network, '--data', data])
  expect([outcome.exit, outcome.out]).toEqual([1, ''])
  expect(outcome.diagnostics).toMatch(
    /^starling: the data folder was written by a newer version \(layout 99, this one knows \d+\): update Starling\n$/
  )
  expect(await contentsOf(data)).toEqual(before)
})

test.each(['up', 'relay'])(
  'relay --check says that a running %s has the data folder, and touches nothing',
  async kind => {
    const program = startProgram([kind, ...QUIET, '--json', '--no-upnp', '--data', data])
    started.push(program)
    await untilReady(program)
    // On the log of its store the running one writes on.
    const withoutLog = async (): Promise<object> =>
      [...(await contentsOf(data))].filter(([name]) => !name.endsWith('.log'))
    const before = await withoutLog()
    const outcome = await runProgram(['relay', '--check', '--data', data])
    const what = { up: 'a running peer', relay: 'a running relay' }[kind]
    expect(outcome).toEqual({
      exit: 1,
      out: '',
      diagnostics: `starling: the data folder ${data} is in use by ${what} (process ${program.child.pid}): stop it, or choose another with --data\n`
    })
    expect(await withoutLog()).toEqual(before)
    await program.stop('SIGKILL')
    expect((await runProgram(['relay', '--check', '--data', data])).exit).toBe(0)
  }
)

test('relay --check of a data folder that could be made makes none, and says where none can be', async () => {
  const below = join(folder.path, 'a', 'b')
  const before = await contentsOf(folder.path)
  expect((await runProgram(['relay', '--check', '--data', below])).exit).toBe(0)
  expect(await contentsOf(folder.path)).toEqual(before)
  await writeFile(join(folder.path, 'a'), '')
  const outcome = await runProgram(['relay', '--check', '--data', below])
  expect([outcome.exit, outcome.diagnostics]).toEqual([
    1,
    expect.stringMatching(/cannot be used, because .*not a folder/)
  ])
})

test('relay --check leaves a data folder that it may use as it is', async () => {
  const before = await contentsOf(data)
  expect((await runProgram(['relay', '--check', '--data', data])).exit).toBe(0)
  expect(await contentsOf(data)).toEqual(before)
})

test('no view of a store is left behind, neither an own one nor that of a process that was killed', async () => {
  const views = join(folder.path, 'views')
  const gone = startProgram(['--version'])
  await gone.ended
  await mkdir(join(views, `starling-view-${gone.child.pid}-abcdef`), { recursive: true })
  await mkdir(join(views, `starling-view-${process.pid}-abcdef`))
  await runProgram(['room', 'list', '--data', data], { environment: { XDG_RUNTIME_DIR: views } })
  expect(await readdir(views)).toEqual([`starling-view-${process.pid}-abcdef`])
})
