import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { jsonLines, QUIET, runProgram, startProgram, temporaryFolder, untilReady, type Program } from './program.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let started: Program[]
let relay: string
let bootstrap: string[]

beforeEach(async () => {
  folder = await temporaryFolder()
  started = []
  const ready = await untilReady(start('relay', '--keep', ...QUIET, '--no-upnp', '--data', join(folder.path, 'relay')))
  relay = ready.peer
  bootstrap = ['--bootstrap', ready.addresses[0] ?? '']
})

afterEach(async () => {
  await Promise.all(started.map(program => program.stop('SIGKILL')))
  await folder.remove()
})

function start(...words: string[]): Program {
  const program = startProgram([...words, '--json'])
  started.push(program)
  return program
}

/** Runs, and is in the room. */
async function member(name: string): Promise<{ program: Program; here: string[] }> {
  const here = ['--data', join(folder.path, name)]
  await runProgram(['room', 'create', 'Talk', '--open', ...here])
  const program = start('up', ...QUIET, '--no-upnp', ...bootstrap, ...here)
  await untilReady(program)
  return { program, here }
}

test('read says of own messages that they are sent, kept, or delivered, and --json has the same', async () => {
  const anna = await member('anna')
  const sent = await runProgram(['send', 'Talk', 'hello', '--json', ...anna.here])
  const [{ id }] = jsonLines(sent.out) as [{ id: string }]
  const told = (event: string): Promise<string> =>
    anna.program.line(line => line.includes(`"event":"${event}","id":"${id}"`))
  const read = (...more: string[]): Promise<string> =>
    runProgram(['read', 'Talk', ...more, ...anna.here]).then(({ out }) => out)
  await told('kept')
  expect(await read()).toMatch(/^[-\d]+ [\d:]+, sent, kept by 1 relay {2}peer-\w+: hello\n$/)
  expect(jsonLines(await read('--json'))).toMatchObject([
    { id, own: true, kept: 1, delivery: { to: 0, of: 0 }, order: expect.any(String) }
  ])
  const bob = await member('bob')
  await told('delivered')
  expect(await read()).toMatch(/^[-\d]+ [\d:]+, delivered to 1 of 1 {2}peer-\w+: hello\n$/)
  expect(jsonLines(await read('--json'))).toMatchObject([{ id, delivery: { to: 1, of: 1 } }])
  const [line] = (await runProgram(['read', 'Talk', ...bob.here])).out.split('\n')
  expect(line).toMatch(/^[-\d]+ [\d:]+ {2}peer-\w+: hello$/)
})

test('send names the keeper that has the message when no member is there, with a running peer and without', async () => {
  const { program, here } = await member('anna')
  const wait = ['send', 'Talk', 'hello', '--wait', '1', '--timeout', '5']
  const awaited = await runProgram([...wait, '--json', ...here])
  expect(awaited.exit).toBe(4)
  expect(jsonLines(awaited.out)).toEqual([{ id: expect.any(String), kept: 1 }])
  expect(awaited.diagnostics).toBe(
    `starling: 1 other asked for, none have it after 5 s, and 1 relay (${relay}) keeps it for them; it stays queued, and the running peer goes on trying\n`
  )
  await program.stop()
  const alone = [...QUIET, ...bootstrap, ...here]
  const plain = await runProgram(['send', 'Talk', 'hello', ...alone])
  expect(plain).toEqual({ exit: 0, out: `Kept by 1 relay (${relay}) until others come.\n`, diagnostics: '' })
  const json = await runProgram(['send', 'Talk', 'hello', '--json', ...alone])
  expect(jsonLines(json.out)).toEqual([{ id: expect.any(String), kept: 1 }])
  const awaitedAlone = await runProgram([...wait, '--json', ...alone])
  expect(jsonLines(awaitedAlone.out)).toEqual([{ id: expect.any(String), kept: 1 }])
  expect(awaitedAlone.diagnostics).toContain(`1 relay (${relay}) keeps it for them`)
})
