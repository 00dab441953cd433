import { execFile } from 'node:child_process'
import { mkdir, rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { jsonLines, QUIET, runProgram, startProgram, temporaryFolder, untilReady, type Program } from './program.ts'

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

const DISK_FULL_LINE = /^starling: the disk is full: free some space, then try again\n$/
