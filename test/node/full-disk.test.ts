import { execFile } from 'node:child_process'
import { mkdir, readdir, rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
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

const run = promisify(execFile)
/** Holds a peer and some messages, and is full soon. */
const DISK = ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs']
/** Less than a long message takes, more than a short one does: one that begins and does not fit does the harm. */
const LEFT_BYTES = 20 * 1024
const LONG = 'x'.repeat(40_000)

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let disk: string
let whyNot: string | undefined
let started: Program[]

beforeEach(async () => {
  folder = await temporaryFolder()
  disk = join(folder.path, 'disk')
  started = []
  await mkdir(disk)
  whyNot = await run('mount', [...DISK, disk]).then(
    () => undefined,
    () => 'a small disk cannot be mounted here: that takes root on Linux'
  )
})

afterEach(async () => {
  await Promise.all(started.map(program => program.stop('SIGKILL')))
  if (whyNot === undefined) await run('umount', [disk])
  await folder.remove()
})

function up(data: string): Program {
  const program = startProgram(['up', '--data', data, '--json', ...QUIET])
  started.push(program)
  return program
}

async function fill(path: string): Promise<void> {
  const { bavail, bsize } = await statfs(disk)
  await writeFile(path, new Uint8Array(bavail * bsize - LEFT_BYTES))
}

/** Not a byte is left; a peer may be writing meanwhile. */
async function fillUp(path: string): Promise<void> {
  const { blocks, bsize } = await statfs(disk)
  await expect(writeFile(path, new Uint8Array(blocks * bsize))).rejects.toThrow('ENOSPC')
}

async function textsIn(data: string): Promise<string[]> {
  const { out } = await runProgram(['read', 'Talk', '--json', '--data', data])
  return (jsonLines(out) as { text: string }[]).map(message => message.text)
}

test('a full disk: send exits 1, nothing acknowledged is lost, and with room again all is well', async context => {
  context.skip(whyNot !== undefined, whyNot)
  const data = join(disk, 'data')
  const filler = join(disk, 'filler')
  const kept: string[] = []
  const send = async (text: string): Promise<number | string | null> => {
    const { exit, out, diagnostics } = await runProgram(['send', 'Talk', text, '--data', data])
    if (exit === 0) kept.push(text)
    else expect({ out, diagnostics }).toEqual({ out: '', diagnostics: expect.stringMatching(DISK_FULL_LINE) })
    return exit
  }
  const peer = up(data)
  await untilReady(peer)
  await runProgram(['room', 'create', 'Talk', '--open', '--data', data])
  expect(await send('before')).toBe(0)
  await fill(filler)
  expect([await send(`1 ${LONG}`), await send(`2 ${LONG}`)]).toEqual([1, 1])
  await send('a short one may fit')
  expect(await textsIn(data)).toEqual(kept)
  await rm(filler)
  expect([await send('after'), await send(`3 ${LONG}`), await send(`4 ${LONG}`)]).toEqual([0, 0, 0])
  expect(await textsIn(data)).toEqual(kept)
  await peer.stop('SIGKILL')
  await untilReady(up(data))
  expect(await textsIn(data)).toEqual(kept)
})

test('a peer on a full disk says so in one line, whatever fails and however often, and stops with exit 0', async context => {
  context.skip(whyNot !== undefined, whyNot)
  const [data, other] = [join(disk, 'data'), join(folder.path, 'other')]
  for (const each of [data, other]) await runProgram(['room', 'create', 'Talk', '--open', '--data', each])
  const { addresses } = await untilReady(up(other))
  const peer = startProgram(['up', '--data', data, ...QUIET, '--bootstrap', addresses[0] ?? ''])
  started.push(peer)
  await peer.line(line => line.includes('Ctrl-C stops.'))
  const toOther = (text: string): Promise<Outcome> =>
    runProgram(['send', 'Talk', text, '--wait', '1', '--timeout', '3', '--data', other])
  expect((await toOther('before')).exit).toBe(0)
  await fillUp(join(disk, 'filler'))
  for (const text of [`1 ${LONG}`, `2 ${LONG}`]) {
    expect((await toOther(text)).exit).toBe(4)
    expect(await runProgram(['send', 'Talk', text, '--data', data])).toMatchObject({ exit: 1 })
  }
  const read = await runProgram(['read', 'Talk', '--data', data])
  expect(read).toMatchObject({ exit: 0, out: expect.stringMatching(/: before\n$/) })
  expect(read.diagnostics).toMatch(/^starling: warn: the disk is full: free some space, then try again\n$/)
  const { exit, diagnostics } = await peer.stop()
  expect(diagnostics).toMatch(/^starling: (?:warn|error): the disk is full: free some space, then try again\n$/)
  expect(exit).toBe(0)
})

test('without a running peer, what is stored can be read when there is no byte left, and all of it stays', async context => {
  context.skip(whyNot !== undefined, whyNot)
  const data = join(disk, 'data')
  await runProgram(['room', 'create', 'Talk', '--open', '--data', data])
  for (const text of ['one', 'two']) {
    await runProgram(['send', 'Talk', text, '--wait', '1', '--timeout', '0', ...ALONE, '--data', data])
  }
  const store = (): Promise<string[]> => readdir(join(data, 'store'))
  const before = await store()
  await fillUp(join(disk, 'filler'))
  const read = await runProgram(['read', 'Talk', '--json', '--data', data])
  expect([read.exit, read.diagnostics]).toEqual([0, expect.stringMatching(READING_LINE)])
  expect(jsonLines(read.out)).toMatchObject([{ text: 'one' }, { text: 'two' }])
  for (const words of [['status'], ['room', 'list'], ['room', 'members', 'Talk']]) {
    const outcome = await runProgram([...words, '--data', data])
    expect([outcome.exit, outcome.diagnostics]).toEqual([0, expect.stringMatching(READING_LINE)])
    expect(outcome.out).toMatch(words.includes('members') ? /\(you\)/ : /  Talk  \(open, 1 member\)/)
  }
  const written = await runProgram(['id', 'name', 'Bo', '--data', data])
  expect(written).toEqual({ exit: 1, out: '', diagnostics: expect.stringMatching(DISK_FULL_LINE) })
  expect(await store()).toEqual(before)
})

const READING_LINE =
  /^starling: warn: the disk is full: shown is what is stored, and nothing more can be until there is room\n$/
const DISK_FULL_LINE = /^starling: the disk is full: free some space, then try again\n$/
