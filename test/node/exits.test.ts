import { createServer, type AddressInfo } from 'node:net'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Level } from 'level'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EnvironmentError } from '../../src/core/bytes/index.ts'
import { sentenceOf } from '../../src/node/exits.ts'
import { ALONE, QUIET, runProgram, temporaryFolder, type Outcome } from './program.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let data: string

beforeAll(async () => {
  folder = await temporaryFolder()
  data = join(folder.path, 'data')
  await runProgram(['room', 'create', 'Talk', '--open', '--data', data])
})

afterAll(() => folder.remove())

function expectOneLine({ out, diagnostics }: Outcome): void {
  expect(out).toBe('')
  expect(diagnostics).toMatch(/^starling: .+\n$/)
  expect(diagnostics).not.toMatch(/\n\s+at |Error|Oops|unknown|\bE[A-Z]{4,}\b/)
}

describe('bad usage and bad input exit 2 with one line that says what to do', () => {
  const cases: readonly (readonly [words: readonly string[], line: RegExp])[] = [
    [[], /no command; see starling --help/],
    [['dance'], /no command "dance"/],
    [['room'], /needs one more word/],
    [['room', 'dance'], /no command "room dance"/],
    [['up', '--loud'], /no flag --loud; see starling up --help/],
    [['status', '--wait', '1'], /no flag --wait; see starling status --help/],
    [['up', '-x'], /no flag -x/],
    [['up', '--http'], /--http needs a value, HOST:PORT/],
    [['up', '--http', '--json'], /--http needs a value/],
    [['up', '--json=yes'], /--json takes no value/],
    [['up', 'now'], /has no use for "now"/],
    [['send', 'Talk'], /needs ROOM TEXT/],
    [['up', '--bootstrap', 'relay.example.org'], /--bootstrap relay.example.org: not a multiaddr such as/],
    [['up', '--bootstrap', '/ip4/127.0.0.1/tcp/4001/p2p/12D3'], /12D3 is not a PeerId/],
    [['up', '--bootstrap', '/ip4/127.0.0.1/udp/4001/quic-v1'], /Starling speaks TCP, WebSocket and webrtc-direct/],
    [['up', '--listen', '/ip4/127.0.0.1/tcp/70000'], /--listen .*not a multiaddr/],
    [['up', '--announce', '/ip4/300.0.0.1/tcp/1'], /--announce .*not a multiaddr/],
    [['up', '--http', '8080'], /not HOST:PORT/],
    [['up', '--http', '127.0.0.1:70000'], /no port above 65535/],
    [['up', '--log', 'loud'], /not one of error, warn, info, debug/],
    [['up', '--web-url', 'chat'], /not a web address/],
    [['up', '--stun', 'turn:127.0.0.1'], /not a STUN address/],
    [['up', '--turn-user', 'name'], /not NAME:PASSWORD/],
    [['up', '--turn-secret-file', '/nowhere/secret'], /cannot be read/],
    [['up', '--config', '/nowhere/config.json'], /cannot be read/],
    [['up', '--passphrase-file', '/nowhere/words'], /--passphrase-file \/nowhere\/words cannot be read/],
    [['id', 'import', '/nowhere/identity'], /\/nowhere\/identity cannot be read/],
    [['id', 'passphrase'], /standard input ended early/],
    [['id', 'passphrase', '--remove'], /has no passphrase/],
    [['id', 'verify', 'x'], /nobody in your rooms is "x"/],
    [['relay', '--stun-port', '70000'], /no port above 65535/],
    [['relay', '--keep-quota', 'much'], /not a size such as/],
    [['relay', '--keep', '--keep-quota', '100K'], /less than 1M/],
    [['relay', '--keep-quota', '1G'], /nothing without --keep/],
    [['room', 'set', 'Talk', 'keepers'], /needs ROOM KEY VALUE/],
    [['room', 'set', 'Talk', 'keepers', 'maybe'], /neither on nor off/],
    [
      ['room', 'set', 'Talk', 'colour', 'red'],
      /there is no setting "colour": a room has keepers and retention, a private one name and history, too\n/
    ],
    [['room', 'set', 'Talk', 'retention', '-5'], /retention "-5": neither a time \(30d, 12h\), a number of messages/],
    [['room', 'set', 'Talk', 'retention', '-1d'], /retention "-1d": neither a time \(30d, 12h\), a number of messages/],
    [['room', 'set', 'Nowhere', 'keepers', 'off'], /no room "Nowhere"/],
    [['room', 'invite', 'Talk', '--expires', 'soon'], /not a duration such as/],
    [['room', 'invite', 'Talk', '--uses', '0'], /not a whole number of 1 or more/],
    [['room', 'create', 'Loft', '--history', 'some'], /history "some": none, joined, all, or a number/],
    [['room', 'create', 'Loft', '--open', '--history', 'all'], /--history is for private rooms/],
    [['room', 'revoke', 'x'], /not a Starling link/],
    [['room', 'revoke', 'abcdef'], /leads into none of your rooms/],
    [['room', 'join', 'starling:open/AQAEd2hpc'], /cut off or mistyped/],
    [['room', 'join', 'Come in: starling:open/AQAEd2hpc'], /cut off or mistyped/],
    [['room', 'join', 'Talk'], /add --open/],
    [['room', 'join', 'https://example.org'], /"https:\/\/example.org" is not a Starling link/],
    [['room', 'create', '', '--open'], /must not be empty/],
    [['room', 'create', 'x'.repeat(101), '--open'], /100 characters/],
    [['room', 'create', 'a\u0007b', '--open'], /control/],
    [['room', 'create', 'a\u202eb', '--open'], /text-direction/],
    [['room', 'members', 'Nowhere'], /no room "Nowhere"/],
    [['room', 'members', 'tal'], /no room "tal" here: did you mean "Talk"\?/],
    [['read', 'Talk', '--limit', 'all'], /not a whole number/],
    [['send', 'Nowhere', 'hello'], /no room "Nowhere"/],
    [['send', 'Talk', 'hello', '--wait', '0'], /not a whole number of 1 or more/],
    [['send', 'Talk', 'hello', '--timeout', 'long'], /not a number of seconds/],
    [['send', 'Talk', ''], /nothing to send/],
    [['send', 'Talk', 'x'.repeat(48 * 1024 + 1)], /longer than 48 KiB/],
    [['id', 'name', ''], /must not be empty/]
  ]
  test.each(cases.map(([words, line]) => ({ name: words.join(' ').slice(0, 60), words, line })))(
    'starling $name',
    async ({ words, line }) => {
      const outcome = await runProgram([...words, '--data', data])
      expect(outcome.exit).toBe(2)
      expectOneLine(outcome)
      expect(outcome.diagnostics).toMatch(line)
    }
  )

  test('a text that is not UTF-8 or too long on standard input sends nothing', async () => {
    const broken = await runProgram(['send', 'Talk', '-', '--data', data], { input: Uint8Array.of(0x68, 0xff, 0xfe) })
    const long = await runProgram(['send', 'Talk', '-', '--data', data], { input: 'x'.repeat(200_000) })
    expect([broken.exit, long.exit]).toEqual([2, 2])
    expect(broken.diagnostics).toMatch(/not valid UTF-8/)
    expect(long.diagnostics).toMatch(/more than 48 KiB/)
    expect((await runProgram(['read', 'Talk', '--data', data])).out).toBe('')
  })

  test.each([
    ['{"loud": true}', /no setting "loud"/],
    ['{"http": true}', /"http" is a text/],
    ['{"data": 5}', /"data" is a text, DIR/],
    ['{"bootstrap": [5]}', /"bootstrap" is a list of texts/],
    ['{"no-dht": "yes"}', /"no-dht" is either true or false/],
    ['{"bootstrap": ["nowhere"]}', /--bootstrap nowhere: not a multiaddr/],
    ['{', /not JSON/],
    ['[]', /not a JSON object/]
  ])('a configuration file that holds %s', async (text, line) => {
    const config = join(folder.path, `${Buffer.from(text).toString('hex')}.json`)
    await writeFile(config, text)
    const outcome = await runProgram(['relay', '--check', '--config', config])
    expect(outcome.exit).toBe(2)
    expectOneLine(outcome)
    expect(outcome.diagnostics).toMatch(line)
  })
})

test.each(
  [
    'chat',
    'room set Talk dht off',
    'room set Talk keepers /dns4/relay.example.org/tcp/4001',
    'file send Talk x',
    'file get Talk x y',
    'bot -- cat',
    'bridge irc',
    'send Talk hello --to x'
  ].map(text => [text])
)('starling %s is not built yet, and says so with exit 2', async text => {
  const outcome = await runProgram([...text.split(' '), '--data', data])
  expect(outcome.exit).toBe(2)
  expectOneLine(outcome)
  expect(outcome.diagnostics).toMatch(/not built yet/)
})

test.each([
  ['room remove Talk x'],
  ['room ban Talk x'],
  ['room role Talk x owner'],
  ['room close Talk'],
  ['room invites Talk'],
  ['room invite Talk --uses 1']
])('starling %s: exit 3, as an open room has nobody who may', async text => {
  const outcome = await runProgram([...text.split(' '), '--data', data])
  expect(outcome.exit).toBe(3)
  expectOneLine(outcome)
  expect(outcome.diagnostics).toMatch(/this is an open room: whoever knows its name is in/)
})

test.each([
  ['name', /an open room is its name: under another name it would be another room/],
  ['history', /whoever knows its name may read all/]
])('nobody may set the %s of an open room: exit 3, with the reason', async (key, reason) => {
  const outcome = await runProgram(['room', 'set', 'Talk', key, 'x', '--data', data])
  expect(outcome.exit).toBe(3)
  expectOneLine(outcome)
  expect(outcome.diagnostics).toMatch(reason)
})

test('a number below zero is text like any other', async () => {
  const quiet = join(folder.path, 'below-zero')
  expect((await runProgram(['room', 'create', '-5', '--open', '--data', quiet])).exit).toBe(0)
  expect((await runProgram(['room', 'list', '--data', quiet])).out).toMatch(/ -5 /)
})

describe('what the machine must put right exits 1 with one line', () => {
  test('a data folder that cannot be one', async () => {
    await writeFile(join(folder.path, 'file'), '')
    const places = [
      join(folder.path, 'file'),
      join(folder.path, 'file', 'below'),
      ...(process.platform === 'linux' ? ['/proc', '/proc/starling', '/sys'] : [])
    ]
    for (const place of places) {
      const outcome = await runProgram(['room', 'list', '--data', place])
      expect(outcome.exit).toBe(1)
      expectOneLine(outcome)
      expect(outcome.diagnostics).toMatch(/choose another with --data/)
    }
  })

  test('a data folder of a newer version', async () => {
    const newer = join(folder.path, 'newer')
    await runProgram(['room', 'list', '--data', newer])
    const database = new Level(join(newer, 'store'))
    await database.put('p!schema', '99')
    await database.close()
    const outcome = await runProgram(['room', 'list', '--data', newer])
    expect(outcome.exit).toBe(1)
    expectOneLine(outcome)
    expect(outcome.diagnostics).toMatch(/newer version/)
  })

  test.each(['CURRENT', 'MANIFEST-000002'])('a data folder whose %s is damaged', async file => {
    const damaged = join(folder.path, `damaged-${file}`)
    await runProgram(['room', 'list', '--data', damaged])
    await writeFile(join(damaged, 'store', file), 'rubbish\n')
    const outcome = await runProgram(['room', 'list', '--data', damaged])
    expect(outcome.exit).toBe(1)
    expectOneLine(outcome)
    expect(outcome.diagnostics).toMatch(/its store is damaged; put a copy of the folder in its place/)
  })

  test('a port in use, of the web app or of a listening address, for up and relay', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise(resolve => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo
    try {
      for (const command of ['up', 'relay']) {
        const http = await runProgram([
          command,
          ...ALONE,
          '--http',
          `127.0.0.1:${port}`,
          '--data',
          join(folder.path, command)
        ])
        const listening = ['--listen', `/ip4/127.0.0.1/tcp/${port}`, '--http', '127.0.0.1:0', '--no-mdns']
        const listen = await runProgram([command, ...listening, '--data', join(folder.path, command)])
        expect([http.exit, listen.exit]).toEqual([1, 1])
        expectOneLine(http)
        expectOneLine(listen)
        expect(http.diagnostics).toMatch(/is in use: stop what uses it, or choose another with --http/)
        expect(listen.diagnostics).toMatch(/is in use: stop what listens there, or choose another port with --listen/)
      }
    } finally {
      server.close()
    }
  })

  test('an --http of another machine', async () => {
    const outcome = await runProgram(['up', ...ALONE, '--http', '203.0.113.1:0', '--data', join(folder.path, 'other')])
    expect(outcome.exit).toBe(1)
    expectOneLine(outcome)
  })

  test('a full disk, as Node and as LevelDB tell it', () => {
    const node = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
    const level = new EnvironmentError('nothing was stored: IO error: /x/000003.log: No space left on device')
    expect(sentenceOf(node)).toMatch(/^the disk is full: free some space/)
    expect(sentenceOf(level)).toMatch(/^the disk is full: free some space/)
    const store = 'nothing was stored, because the storage of this device is full: free some space'
    expect(sentenceOf(store)).toMatch(/^the disk is full: free some space/)
  })
})

test('send with nobody in reach exits 4, says that the message is queued, and keeps it', async () => {
  const alone = ['--data', join(folder.path, 'lonely'), '--json']
  await runProgram(['room', 'create', 'Quiet', '--open', ...alone])
  const words = ['send', 'Quiet', 'anybody?', '--wait', '1', '--timeout', '1', ...QUIET, ...alone]
  const outcome = await runProgram(words)
  expect(outcome.exit).toBe(4)
  expect(outcome.diagnostics).toMatch(/^starling: .*stays queued.*\n$/)
  expect((await runProgram(['read', 'Quiet', ...alone])).out).toContain('anybody?')
})

test('read of an empty room says so to people, and prints nothing', async () => {
  const words = ['read', 'Talk', '--data', data]
  expect(await runProgram(words)).toEqual({ exit: 0, out: '', diagnostics: 'No messages yet.\n' })
  expect(await runProgram([...words, '--json'])).toEqual({ exit: 0, out: '', diagnostics: '' })
})

test('help and version exit 0 and print to stdout', async () => {
  const general = await runProgram(['--help'])
  const command = await runProgram(['room', 'create', '--help'])
  const version = await runProgram(['--version'])
  expect([general.exit, command.exit, version.exit]).toEqual([0, 0, 0])
  expect(general.out).toContain('room create NAME [--open]')
  const listed = [...general.out.matchAll(/^ {2}([a-z]+(?: [a-z]+)?)\b.* {2}/gm)].map(([, path]) => path)
  expect(listed).toContain('room forget')
  expect(new Set(listed).size).toBe(listed.length)
  expect(command.out).toContain('usage: starling room create NAME [--open]')
  expect(version.out).toMatch(/^\d+\.\d+\.\d+\n$/)
})
