import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  ALONE,
  jsonLines,
  QUIET,
  runProgram,
  startProgram,
  temporaryFolder,
  untilReady,
  type Outcome,
  type Program
} from './program.ts'

const WORDS = 'correct horse battery staple'
let folder: Awaited<ReturnType<typeof temporaryFolder>>
const started = new Map<string, Program>()

beforeAll(async () => {
  folder = await temporaryFolder()
  for (const name of ['anna', 'bob']) await runProgram(['id', 'name', name, '--data', dataOf(name)])
  await Promise.all(['anna', 'bob'].map(name => untilReady(up(name))))
})

afterAll(async () => {
  await Promise.all([...started.values()].map(program => program.stop('SIGKILL')))
  await folder.remove()
})

function dataOf(name: string): string {
  return join(folder.path, name)
}

function up(name: string): Program {
  const program = startProgram(['up', '--data', dataOf(name), '--json', ...QUIET])
  started.set(name, program)
  return program
}

function as(name: string, words: readonly string[], input = ''): Promise<Outcome> {
  return runProgram([...words, '--data', dataOf(name), '--json', ...ALONE], { input })
}

async function resultOf<T>(name: string, ...words: string[]): Promise<T> {
  const outcome = await as(name, words)
  expect(outcome).toMatchObject({ exit: 0, diagnostics: '' })
  return jsonLines(outcome.out)[0] as T
}

/** Says it, and waits until another member has it. */
function delivers(name: string, text: string): Promise<{ to: number }> {
  return resultOf(name, 'send', 'Loft', text, '--wait', '1')
}

async function lines(name: string): Promise<string[]> {
  const read = jsonLines((await as(name, ['read', 'Loft'])).out) as { nick: string; text: string }[]
  return read.map(({ nick, text }) => `${nick}: ${text}`)
}

test('an imported identity comes into its private rooms while the first device is away, and a lost one is taken out', async () => {
  await resultOf('anna', 'room', 'create', 'Loft')
  const { invite } = await resultOf<{ invite: string }>('anna', 'room', 'invite', 'Loft')
  await resultOf('bob', 'room', 'join', invite)
  await delivers('anna', 'before')
  const file = join(folder.path, 'anna.starling')
  expect(await as('anna', ['id', 'export', file], `${WORDS}\n`)).toMatchObject({ exit: 0 })
  const imported = await as('phone', ['id', 'import', file], `${WORDS}\n`)
  expect(jsonLines(imported.out)).toMatchObject([{ nick: 'anna', rooms: ['Loft'] }])
  await started.get('anna')?.stop()

  const phone = up('phone')
  await untilReady(phone)
  await phone.line(line => line.includes('"text":"before"'))
  expect(await delivers('phone', 'from the phone')).toMatchObject({ to: 1 })
  expect(await lines('phone')).toEqual(['anna: before', 'anna: from the phone'])
  const members = jsonLines((await as('bob', ['room', 'members', 'Loft'])).out) as { nick: string; devices: string[] }[]
  expect(members.map(({ nick, devices }) => `${nick}: ${devices.length}`).toSorted()).toEqual(['anna: 2', 'bob: 1'])

  const laptop = up('anna')
  await untilReady(laptop)
  await laptop.line(line => line.includes('from the phone'))
  const { device } = await resultOf<{ device: string }>('phone', 'id')
  await resultOf('anna', 'room', 'remove', 'Loft', 'anna', '--device', device.slice(0, 10))
  await delivers('anna', 'without the phone')
  expect(await as('phone', ['send', 'Loft', 'me again'])).toMatchObject({ exit: 3 })
  expect(await lines('phone')).not.toContain('anna: without the phone')
  expect(await as('anna', ['room', 'remove', 'Loft', 'anna', '--device', 'ffffffff'])).toMatchObject({ exit: 2 })
})
