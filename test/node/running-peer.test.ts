import { mkdir, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { jsonLines, QUIET, runProgram, startProgram, temporaryFolder, untilReady, type Program } from './program.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let data: string
let started: Program[]

beforeEach(async () => {
  folder = await temporaryFolder()
  data = join(folder.path, 'data')
  started = []
})

afterEach(async () => {
  await Promise.all(started.map(program => program.stop('SIGKILL')))
  await folder.remove()
})

function start(...words: string[]): Program {
  const program = startProgram(words)
  started.push(program)
  return program
}

function up(...words: string[]): Program {
  return start('up', '--data', data, '--json', ...QUIET, ...words)
}

describe('a running peer', () => {
  test('is found by commands, which do their work through its socket, and prints events only', async () => {
    const peer = up()
    const ready = await untilReady(peer)
    const here = ['--data', data, '--json']
    const room = await runProgram(['room', 'create', 'Talk', '--open', ...here])
    await runProgram(['id', 'name', 'anna', ...here])
    const sent = await runProgram(['send', 'Talk', '--json', 'hello', 'there', '--data', data])
    const read = await runProgram(['read', 'Talk', ...here])
    const status = await runProgram(['status', ...here])
    const members = await runProgram(['room', 'members', 'Talk', ...here])
    const invite = await runProgram(['room', 'invite', 'Talk', '--web-url', 'http://chat.example.org', ...here])
    const [{ id }] = jsonLines(sent.out) as [{ id: string }]
    expect(jsonLines(room.out)).toEqual([{ id: expect.stringMatching(/^[0-9a-f]{64}$/), name: 'Talk' }])
    expect(jsonLines(read.out)).toMatchObject([{ event: 'message', id, nick: 'anna', text: 'hello there', own: true }])
    expect(jsonLines(status.out)).toMatchObject([
      { peer: ready.peer, rooms: [{ name: 'Talk', members: 1, missing: 0 }], relays: [] }
    ])
    expect(jsonLines(members.out)).toMatchObject([{ nick: 'anna', role: 'member', online: true }])
    expect(jsonLines(invite.out)).toEqual([
      { invite: expect.stringMatching(/^http:\/\/chat\.example\.org\/#\/open\//) }
    ])
    await peer.line(line => line.includes('"sent"'))
    const { exit, out, diagnostics } = await peer.stop('SIGTERM')
    expect({ exit, diagnostics }).toEqual({ exit: 0, diagnostics: '' })
    expect(jsonLines(out).map(event => (event as { event: string }).event)).toEqual(['ready', 'message', 'sent'])
  })

  test('says ready with complete addresses', async () => {
    const { peer, addresses, http } = await untilReady(up())
    expect(addresses.length).toBeGreaterThan(0)
    expect(addresses.every(address => address.endsWith(`/p2p/${peer}`))).toBe(true)
    expect(http).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  })

  test('says what to type next, so that it finds this peer', async () => {
    const peer = start('up', '--data', data, ...QUIET)
    const next = await peer.line(line => line.startsWith('In another terminal: '))
    expect(next).toBe(`In another terminal: ./starling --data ${data} room create NAME`)
  })

  test('passes refusals on with their exits', async () => {
    await untilReady(up())
    const here = ['--data', data]
    await runProgram(['room', 'create', 'Talk', '--open', ...here])
    const none = await runProgram(['room', 'members', 'Nowhere', ...here])
    const control = await runProgram(['room', 'create', 'a\u0007b', '--open', ...here])
    const late = await runProgram(['send', 'Talk', 'hello', '--wait', '1', '--timeout', '0.2', '--json', ...here])
    expect([none.exit, control.exit, late.exit]).toEqual([2, 2, 4])
    expect(none.diagnostics).toMatch(/^starling: there is no room "Nowhere" here.*\n$/)
    expect(jsonLines(late.out)).toEqual([{ id: expect.stringMatching(/^[0-9a-f]{64}$/) }])
    expect(late.diagnostics).toBe(
      'starling: 1 other asked for, none have it after 0.2 s; it stays queued, and the running peer goes on trying\n'
    )
  })

  test('keeps its folder from a second one, which names it and exits 1', async () => {
    const peer = up()
    await untilReady(peer)
    const second = await runProgram(['up', '--data', data, ...QUIET])
    const relay = await runProgram(['relay', '--data', data, ...QUIET])
    expect([second.exit, relay.exit]).toEqual([1, 1])
    expect(second.diagnostics).toMatch(
      new RegExp(`^starling: .*in use by a running peer \\(process ${peer.child.pid}\\).*\\n$`)
    )
    expect(relay.diagnostics).toMatch(/in use by a running peer/)
  })

  test('ends by SIGINT with 130, cleanly: no socket and no owner is left', async () => {
    const peer = up()
    await untilReady(peer)
    const { exit, diagnostics } = await peer.stop('SIGINT')
    expect({ exit, diagnostics }).toEqual({ exit: 130, diagnostics: '' })
    expect((await readdir(data)).toSorted()).toEqual(['store', 'token'])
  })

  test('ends by SIGTERM with 0 while it starts, too', async () => {
    const peer = up()
    await expectFile(join(data, 'store'))
    expect((await peer.stop('SIGTERM')).exit).toBe(0)
    expect((await runProgram(['room', 'list', '--data', data])).exit).toBe(0)
  })

  test('killed by SIGKILL, is started again with the same PeerId, and nothing that was sent is lost', async () => {
    const first = up()
    const before = await untilReady(first)
    await runProgram(['room', 'create', 'Talk', '--open', '--data', data])
    await runProgram(['send', 'Talk', 'kept', '--data', data])
    await first.stop('SIGKILL')
    expect((await runProgram(['read', 'Talk', '--data', data])).out).toContain('kept')
    const after = await untilReady(up())
    expect(after.peer).toBe(before.peer)
    expect((await runProgram(['read', 'Talk', '--data', data])).out).toContain('kept')
  })

  test('is quiet when its stdout is closed, and ends', async () => {
    const peer = up()
    await untilReady(peer)
    peer.child.stdout?.destroy()
    await runProgram(['room', 'create', 'Talk', '--open', '--data', data])
    await runProgram(['send', 'Talk', 'into the void', '--data', data])
    const { exit, diagnostics } = await peer.ended
    expect({ exit, diagnostics }).toEqual({ exit: 0, diagnostics: '' })
  })

  test('has its socket elsewhere when the path of the folder is too long for one', async () => {
    data = join(folder.path, 'long-'.repeat(30))
    await mkdir(data)
    const peer = up()
    const { peer: id } = await untilReady(peer)
    const { socket } = JSON.parse(await readFile(join(data, 'owner.json'), 'utf8')) as { socket: string }
    expect(socket.length).toBeLessThan(104)
    expect((await stat(join(socket, '..'))).mode & 0o777).toBe(0o700)
    const status = await runProgram(['status', '--json', '--data', data])
    expect(jsonLines(status.out)).toMatchObject([{ peer: id }])
    await peer.stop('SIGTERM')
    await expect(stat(join(socket, '..'))).rejects.toThrow(/ENOENT/)
  })

  test('leaves keys and socket to its owner alone', async () => {
    await untilReady(up())
    const modes = await Promise.all(['.', 'store', 'token', 'api.sock'].map(name => stat(join(data, name))))
    expect(modes.map(({ mode }) => mode & 0o777)).toEqual([0o700, 0o700, 0o600, 0o600])
  })
})

describe('a command to a running peer', () => {
  test('loads neither libp2p nor the encryption nor the store', async () => {
    await untilReady(up())
    await runProgram(['room', 'create', 'Talk', '--open', '--data', data])
    for (const words of [['status'], ['room', 'list'], ['send', 'Talk', 'hello'], ['read', 'Talk'], ['id']]) {
      const record = join(folder.path, 'modules')
      const preload = `--import=${join(import.meta.dirname, 'recorded-process.ts')}`
      const environment = { NODE_OPTIONS: preload, LOADED_MODULES: record }
      expect((await runProgram([...words, '--data', data], { environment })).exit).toBe(0)
      const modules = (await readFile(record, 'utf8')).split('\n')
      expect(modules.length).toBeGreaterThan(5)
      expect(
        modules.filter(url => /libp2p|gossipsub|\/level\/|core\/(?:chat|log|network|encryption)/.test(url))
      ).toEqual([])
    }
  })

  test('follows: history first, then what arrives, each once; Ctrl-C ends it with 130', async () => {
    await untilReady(up())
    await runProgram(['room', 'create', 'Talk', '--open', '--data', data])
    await runProgram(['send', 'Talk', 'one', '--data', data])
    const follower = start('read', 'Talk', '--follow', '--json', '--data', data)
    await follower.line(line => line.includes('"one"'))
    await runProgram(['send', 'Talk', 'two', '--data', data])
    await follower.line(line => line.includes('"two"'))
    const { exit, out, diagnostics } = await follower.stop('SIGINT')
    expect({ exit, diagnostics }).toEqual({ exit: 130, diagnostics: '' })
    expect(jsonLines(out).map(message => (message as { text: string }).text)).toEqual(['one', 'two'])
  })

  test('that is stopped before it is done says so: 1 by SIGTERM, 130 by Ctrl-C', async () => {
    const peer = up()
    await untilReady(peer)
    await runProgram(['room', 'create', 'Talk', '--open', '--data', data])
    const words = ['send', 'Talk', '--wait', '1', '--data', data]
    const terminated = start(...words, 'first')
    await peer.line(line => line.includes('"first"'))
    const interrupted = start(...words, 'second')
    await peer.line(line => line.includes('"second"'))
    expect(await terminated.stop('SIGTERM')).toMatchObject({
      exit: 1,
      diagnostics: 'starling: stopped before it was done\n'
    })
    expect(await interrupted.stop('SIGINT')).toMatchObject({ exit: 130, diagnostics: '' })
  })

  test('reads more than a page, in order', async () => {
    const peer = up()
    const { http } = await untilReady(peer)
    await runProgram(['room', 'create', 'Talk', '--open', '--data', data])
    const authorization = `Bearer ${(await readFile(join(data, 'token'), 'utf8')).trim()}`
    const texts = Array.from({ length: 520 }, (_, index) => `message ${index}`)
    for (const text of texts) {
      await fetch(`${http}/v1/rooms/Talk/messages`, {
        method: 'POST',
        headers: { authorization },
        body: JSON.stringify({ text })
      })
    }
    const read = jsonLines((await runProgram(['read', 'Talk', '--json', '--data', data])).out) as { text: string }[]
    const some = jsonLines((await runProgram(['read', 'Talk', '--json', '--limit', '3', '--data', data])).out) as {
      text: string
    }[]
    expect(read.map(message => message.text)).toEqual(texts)
    expect(some.map(message => message.text)).toEqual(texts.slice(-3))
  })
})

test('two peers that meet at a relay talk; each prints what happens', async () => {
  const relay = start('relay', '--data', join(folder.path, 'relay'), '--json', ...QUIET)
  const { addresses } = await untilReady(relay)
  const meeting = ['--bootstrap', addresses.find(address => /\/tcp\/\d+\/p2p\//.test(address)) ?? '']
  const anna = join(folder.path, 'anna')
  const bo = join(folder.path, 'bo')
  const annasPeer = start('up', '--data', anna, '--json', ...QUIET, ...meeting)
  await untilReady(annasPeer)
  await runProgram(['room', 'create', 'Talk', '--open', '--data', anna])
  const link = (await runProgram(['room', 'invite', 'Talk', '--data', anna])).out.trim()
  await runProgram(['room', 'join', link, '--data', bo])
  const offline = await runProgram(['send', 'Talk', 'from bo, who runs no peer', '--data', bo, ...QUIET])
  expect(offline).toMatchObject({ exit: 0, diagnostics: '' })
  await annasPeer.line(line => line.includes('from bo, who runs no peer'))
  const follower = start('read', 'Talk', '--follow', '--data', bo, ...QUIET)
  await follower.line(line => line.includes('from bo'))
  const waited = await runProgram(['send', 'Talk', 'to bo', '--wait', '1', '--data', anna])
  expect(waited).toMatchObject({ exit: 0, out: 'Delivered to 1.\n' })
  await follower.line(line => line.includes('to bo'))
  await annasPeer.line(line => line.includes('"delivered"'))
  const missed = await runProgram(['send', 'Talk', 'to both', '--wait', '2', '--timeout', '3', '--data', anna])
  expect([missed.exit, missed.diagnostics]).toEqual([
    4,
    expect.stringContaining('2 others asked for, 1 has it after 3 s; it')
  ])
  expect((await follower.stop('SIGINT')).exit).toBe(130)
  expect((await relay.stop('SIGINT')).exit).toBe(130)
})

test('commands that use the folder at the same time wait for each other', async () => {
  const names = ['one', 'two', 'three', 'four']
  const outcomes = await Promise.all(names.map(name => runProgram(['room', 'create', name, '--open', '--data', data])))
  expect(outcomes.map(({ exit }) => exit)).toEqual([0, 0, 0, 0])
  const rooms = jsonLines((await runProgram(['room', 'list', '--json', '--data', data])).out) as { name: string }[]
  expect(rooms.map(room => room.name).toSorted()).toEqual(names.toSorted())
})

async function expectFile(path: string): Promise<void> {
  await expect
    .poll(
      () =>
        stat(path).then(
          () => true,
          () => false
        ),
      { timeout: 20_000, interval: 10 }
    )
    .toBe(true)
}
