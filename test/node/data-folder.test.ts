import { lstat, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Level } from 'level'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ALONE, QUIET, runProgram, temporaryFolder } from './program.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let data: string

beforeEach(async () => {
  folder = await temporaryFolder()
  data = join(folder.path, 'data')
  await runProgram(['room', 'create', 'Talk', '--open', '--data', data])
})

afterEach(() => folder.remove())

/** Every file and folder there, with its bytes and when it was last written. */
async function contentsOf(path: string): Promise<Map<string, string>> {
  const names = await readdir(path, { recursive: true })
  const facts = names.toSorted().map(async (name): Promise<[string, string]> => {
    const found = await lstat(join(path, name))
    const bytes = found.isFile() ? await readFile(join(path, name), 'hex') : 'no file'
    return [name, `${found.mode.toString(8)} ${found.mtimeMs} ${bytes}`]
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
