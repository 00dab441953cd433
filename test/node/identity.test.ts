import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import {
  QUIET,
  jsonLines,
  runProgram,
  startProgram,
  temporaryFolder,
  untilReady,
  type Outcome,
  type Program
} from './program.ts'

const WORDS = 'correct horse battery staple'
let root: Awaited<ReturnType<typeof temporaryFolder>>

beforeAll(async () => {
  root = await temporaryFolder()
})
afterAll(() => root.remove())

const folder = (name: string): string => join(root.path, name)

/** Runs `id` with these lines on standard input. */
function id(name: string, words: readonly string[], lines: readonly string[] = [], more: NodeJS.ProcessEnv = {}) {
  const input = lines.map(line => `${line}\n`).join('')
  return runProgram(['id', ...words, '--data', folder(name), '--json'], { input, environment: more })
}

function said({ out }: Outcome): Record<string, string> {
  return JSON.parse(out) as Record<string, string>
}

/** All that the files of a folder hold. */
async function contentOf(path: string): Promise<Buffer> {
  const files = await readdir(path, { recursive: true, withFileTypes: true })
  const parts = files.filter(file => file.isFile()).map(file => readFile(join(file.parentPath, file.name)))
  return Buffer.concat(await Promise.all(parts))
}

describe('a passphrase', () => {
  test('bars every command until it is given, and leaves no trace of the secrets in the folder', async () => {
    const before = said(await id('anna', ['name', 'Anna']))
    const phrase = said(await id('anna', ['phrase']))['phrase'] ?? ''
    expect((await id('anna', ['passphrase'], [WORDS])).exit).toBe(0)
    const missing = await runProgram(['room', 'list', '--data', folder('anna')])
    expect(missing).toMatchObject({ exit: 2, out: '' })
    expect(missing.diagnostics).toMatch(/^starling: the identity is protected by a passphrase: give it .*\n$/)
    const wrong = await id('anna', [], [], { STARLING_PASSPHRASE: 'another one' })
    expect(wrong).toMatchObject({ exit: 3, out: '' })
    expect(wrong.diagnostics).toBe('starling: the passphrase is wrong: nothing was changed, try again\n')
    expect(said(await id('anna', [], [], { STARLING_PASSPHRASE: WORDS }))).toEqual(before)
    const file = folder('words.txt')
    await writeFile(file, `${WORDS}\n`)
    expect(said(await id('anna', ['--passphrase-file', file], [], { STARLING_PASSPHRASE: 'x' }))).toEqual(before)
    const restored = said(await id('restored', ['import', '-'], [phrase]))
    expect(restored['member']).toBe(before['member'])
    expect(restored['device']).not.toBe(before['device'])
  })

  test('leaves no file in the folder that holds the seeds in clear', async () => {
    await id('bo', ['name', 'Bo'])
    const seed = await seedIn('bo')
    expect((await contentOf(folder('bo'))).includes(seed)).toBe(true)
    expect((await id('bo', ['passphrase'], [WORDS])).exit).toBe(0)
    expect((await contentOf(folder('bo'))).includes(seed)).toBe(false)
  })

  test('is changed and removed through a running peer, too, but never through its port', async () => {
    await id('cy', ['name', 'Cy'])
    const up = startProgram(['up', ...QUIET, '--data', folder('cy'), '--json'])
    const { http } = await untilReady(up)
    expect((await id('cy', ['passphrase'], [WORDS])).exit).toBe(0)
    const token = (await readFile(join(folder('cy'), 'token'), 'utf8')).trim()
    for (const path of ['phrase', 'export', 'passphrase']) {
      const body = JSON.stringify({ current: WORDS, passphrase: WORDS })
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
      const answer = await fetch(`${http}/v1/id/${path}`, { method: 'POST', headers, body })
      expect(answer.status).toBe(404)
    }
    const other = 'another one of mine'
    expect((await id('cy', ['passphrase'], ['not this one', other])).exit).toBe(3)
    expect((await id('cy', ['passphrase'], [WORDS, other])).exit).toBe(0)
    expect((await id('cy', ['phrase'], [WORDS])).exit).toBe(3)
    expect((await id('cy', ['import', '-'], ['any words'])).diagnostics).toContain('in use by a running peer')
    expect((await id('cy', ['passphrase', '--remove'], [other])).exit).toBe(0)
    await up.stop()
    expect((await id('cy', [])).exit).toBe(0)
  })

  test('is asked for when a peer starts', async () => {
    await id('cleo', ['passphrase'], [WORDS])
    expect((await runProgram(['up', ...QUIET, '--data', folder('cleo')])).exit).toBe(2)
    const environment = { STARLING_PASSPHRASE: WORDS }
    const up = startProgram(['up', ...QUIET, '--data', folder('cleo'), '--json'], { environment })
    await untilReady(up)
    expect((await up.stop()).exit).toBe(0)
  })

  test('too short, or missing, changes nothing', async () => {
    await id('di', ['name', 'Di'])
    expect((await id('di', ['passphrase'], ['short'])).exit).toBe(2)
    expect((await id('di', ['passphrase'])).exit).toBe(2)
    expect((await id('di', ['passphrase', '--remove'])).exit).toBe(2)
    expect((await id('di', [])).exit).toBe(0)
  })
})

describe('an exported identity', () => {
  test('is a file for its owner alone, never written over, and makes a new device in a fresh folder only', async () => {
    const before = said(await id('eve', ['name', 'Eve']))
    const file = folder('eve.identity')
    expect((await id('eve', ['export', file], [WORDS])).exit).toBe(0)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    const text = await readFile(file, 'utf8')
    expect(await id('eve', ['export', file], [WORDS])).toMatchObject({ exit: 2 })
    expect(await readFile(file, 'utf8')).toBe(text)
    expect((await id('eve', ['export', folder('none.identity')])).exit).toBe(2)
    await expect(stat(folder('none.identity'))).rejects.toThrow('ENOENT')

    expect((await id('eve2', ['import', file], ['another one'])).exit).toBe(3)
    const imported = said(await id('eve2', ['import', file], [WORDS]))
    expect(imported).toMatchObject({ member: before['member'], nick: 'Eve' })
    expect(imported['device']).not.toBe(before['device'])
    expect(imported).toEqual({ ...said(await id('eve2', [])), rooms: [] })
    expect((await id('eve2', ['import', file], [WORDS])).exit).toBe(3)
    expect((await id('fay', ['import', join(root.path, 'words.txt')], [WORDS])).exit).toBe(2)
  })
})

test('safety numbers are the same at both members, by id and by name', async () => {
  const gil = said(await id('gil', ['name', 'Gil']))
  const hal = said(await id('hal', ['name', 'Hal']))
  const [first] = await meet('gil', 'hal')
  expect(said(await id('gil', ['verify', 'Hal']))).toEqual(said(await id('gil', ['verify', hal['member'] ?? ''])))
  await first?.stop()
  const atGil = said(await id('gil', ['verify', hal['member'] ?? '']))
  const atHal = said(await id('hal', ['verify', gil['member'] ?? '']))
  expect(atGil['number']).toMatch(/^(\d{5} ){11}\d{5}$/)
  expect(atGil).toEqual({ member: hal['member'], number: atHal['number'] })
  expect((await id('gil', ['verify', 'nobody'])).exit).toBe(2)
  expect((await id('gil', ['verify', gil['member'] ?? ''])).exit).toBe(2)
})

/** Both run, in one room, and know of each other. */
async function meet(one: string, other: string): Promise<Program[]> {
  const start = (name: string, ...more: string[]): Program => {
    const program = startProgram(['up', ...QUIET, ...more, '--data', folder(name), '--json'])
    onTestFinished(async () => void (await program.stop()))
    return program
  }
  const first = start(one)
  const [address = ''] = (await untilReady(first)).addresses
  const second = start(other, '--bootstrap', address)
  await untilReady(second)
  for (const name of [one, other]) await runProgram(['room', 'create', 'lobby', '--open', '--data', folder(name)])
  const sent = await runProgram(['send', 'lobby', 'hello', '--wait', '1', '--data', folder(other), '--json'])
  expect(jsonLines(sent.out)).toMatchObject([{ to: 1 }])
  return [first, second]
}

/** The seed of the root as the store holds it: what the 24 words spell. */
async function seedIn(name: string): Promise<Buffer> {
  const { mnemonicToEntropy } = await import('@scure/bip39')
  const { wordlist } = await import('@scure/bip39/wordlists/english.js')
  return Buffer.from(mnemonicToEntropy(said(await id(name, ['phrase']))['phrase'] ?? '', wordlist))
}
