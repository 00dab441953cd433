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

/** All three run on loopback, connected to Anna's. */
let folder: Awaited<ReturnType<typeof temporaryFolder>>
const started: Program[] = []

beforeAll(async () => {
  folder = await temporaryFolder()
  for (const name of ['anna', 'bob', 'cy']) await runProgram(['id', 'name', name, '--data', dataOf(name)])
  for (const name of ['anna', 'bob', 'cy']) await untilReady(up(name))
})

afterAll(async () => {
  await Promise.all(started.map(program => program.stop('SIGKILL')))
  await folder.remove()
})

function dataOf(name: string): string {
  return join(folder.path, name)
}

function up(name: string): Program {
  const program = startProgram(['up', '--data', dataOf(name), '--json', ...QUIET])
  started.push(program)
  return program
}

function as(name: string, ...words: string[]): Promise<Outcome> {
  return runProgram([...words, '--data', dataOf(name), '--json', ...ALONE])
}

async function resultOf<T>(name: string, ...words: string[]): Promise<T> {
  const outcome = await as(name, ...words)
  expect(outcome).toMatchObject({ exit: 0, diagnostics: '' })
  return jsonLines(outcome.out)[0] as T
}

interface Room {
  readonly id: string
  readonly name: string
  readonly direct?: string
}

async function directsOf(name: string): Promise<Room[]> {
  const rooms = jsonLines((await as(name, 'room', 'list')).out) as Room[]
  return rooms.filter(({ direct }) => direct !== undefined)
}

test('two members of a room write to each other alone, and the third has nothing of it', async () => {
  await resultOf('anna', 'room', 'create', 'Loft')
  const { invite } = await resultOf<{ invite: string }>('anna', 'room', 'invite', 'Loft')
  for (const name of ['bob', 'cy']) await resultOf(name, 'room', 'join', invite)
  expect(await resultOf('anna', 'dm', 'bob', 'only', 'for', 'you', '--wait', '1')).toMatchObject({ to: 1 })
  expect(await resultOf('bob', 'read', 'anna')).toMatchObject({ text: 'only for you', nick: 'anna' })
  const { member } = await resultOf<{ member: string }>('anna', 'id', 'show')
  expect(await resultOf('bob', 'dm', member.slice(0, 12), 'thanks', '--wait', '1')).toMatchObject({ to: 1 })
  const [rooms, [room]] = [await directsOf('anna'), await directsOf('bob')]
  expect(rooms).toMatchObject([{ id: room?.id, name: 'bob', kind: 'private', members: 2 }])
  expect(room).toMatchObject({ name: 'anna', direct: member })
  expect(await directsOf('cy')).toEqual([])
  expect(await as('bob', 'room', 'invite', 'anna')).toMatchObject({ exit: 3 })
})

test('who is nobody, or oneself, is bad input', async () => {
  for (const reference of ['nobody', 'cy']) expect(await as('cy', 'dm', reference, 'hello')).toMatchObject({ exit: 2 })
  expect(await as('cy', 'dm', 'bob')).toMatchObject({ exit: 2 })
})
