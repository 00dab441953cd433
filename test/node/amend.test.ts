import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { jsonLines, QUIET, runProgram, startProgram, temporaryFolder, untilReady, type Outcome } from './program.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let here: string[]

beforeEach(async () => {
  folder = await temporaryFolder()
  here = ['--data', join(folder.path, 'data')]
  await runProgram(['room', 'create', 'Talk', '--open', ...here])
})

afterEach(() => folder.remove())

/** With nobody to take it, what is said is stored all the same; the id of it. */
async function say(text: string): Promise<string> {
  const { out } = await runProgram([
    'send',
    'Talk',
    text,
    '--json',
    ...here,
    '--no-mdns',
    '--wait',
    '1',
    '--timeout',
    '1'
  ])
  return (jsonLines(out)[0] as { id: string }).id
}

async function texts(): Promise<unknown[]> {
  const { out } = await runProgram(['read', 'Talk', '--json', ...here])
  return (jsonLines(out) as { text: string; edited?: number; deleted?: true }[]).map(({ text, edited, deleted }) => {
    return [text, edited !== undefined, deleted === true]
  })
}

describe('a message of one’s own', () => {
  test('is edited and deleted, with no peer running, by its id or the beginning of it', async () => {
    const [first, second] = [await say('teh'), await say('a secret')]
    expect(await runProgram(['edit', 'Talk', first.slice(0, 8), 'the', ...here])).toMatchObject({ exit: 0 })
    const deleted = await runProgram(['delete', 'Talk', second, '--json', ...here])
    expect([deleted.exit, jsonLines(deleted.out)]).toEqual([0, [{ id: second }]])
    expect(await texts()).toEqual([
      ['the', true, false],
      ['', false, true]
    ])
    const { out } = await runProgram(['read', 'Talk', ...here])
    expect(out).toMatch(/, edited {2}.*: the\n.*, deleted {2}/)
    expect((await runProgram(['delete', 'Talk', second, ...here])).exit).toBe(0)
  })

  test('is edited and deleted through the running peer, which tells its events', async () => {
    const id = await say('teh')
    const peer = startProgram(['up', ...here, '--json', ...QUIET])
    try {
      await untilReady(peer)
      expect((await runProgram(['edit', 'Talk', id, 'the', ...here])).exit).toBe(0)
      const edited = JSON.parse(await peer.line(line => line.includes('"edited"'))) as object
      expect(edited).toMatchObject({ event: 'edited', id, text: 'the' })
      expect((await runProgram(['delete', 'Talk', id, ...here])).exit).toBe(0)
      expect(JSON.parse(await peer.line(line => line.includes('"deleted"')))).toMatchObject({ event: 'deleted', id })
    } finally {
      await peer.stop('SIGKILL')
    }
  })

  test('that cannot be changed is said so in one line, and nothing is', async () => {
    const id = await say('stays')
    const refused = async (...words: string[]): Promise<Outcome> => runProgram([...words, ...here])
    const gone = await say('gone')
    await refused('delete', 'Talk', gone)
    const cases: readonly (readonly [string[], RegExp])[] = [
      [['edit', 'Talk', '00'.repeat(32), 'x'], /there is no such message here/],
      [['delete', 'Talk', '1234567'], /a message is named by its id/],
      [['delete', 'Talk', 'not-hex!'], /a message is named by its id/],
      [['edit', 'Talk', id, ' '], /a message must not be empty/],
      [['edit', 'Talk', id], /needs ROOM ID TEXT/],
      [['edit', 'Talk', gone, 'x'], /this message was deleted/],
      [['room', 'set', 'Talk', 'retention', 'soon'], /neither a time \(30d, 12h\), a number of messages nor forever/]
    ]
    for (const [words, line] of cases) {
      const { exit, diagnostics } = await refused(...words)
      expect([exit, diagnostics]).toEqual([2, expect.stringMatching(line)])
      expect(diagnostics.trim().split('\n')).toHaveLength(1)
    }
    expect((await texts())[0]).toEqual(['stays', false, false])
  })
})

test('a retention is set and shown, and erases what is older', async () => {
  for (const text of ['one', 'two', 'three']) await say(text)
  expect((await runProgram(['room', 'set', 'Talk', 'retention', '2', ...here])).exit).toBe(0)
  expect(await texts()).toEqual([
    ['two', false, false],
    ['three', false, false]
  ])
  const rooms = await runProgram(['room', 'list', '--json', ...here])
  expect(jsonLines(rooms.out)).toMatchObject([{ name: 'Talk', retention: '2' }])
  expect((await runProgram(['room', 'list', ...here])).out).toContain('retention 2')
})
