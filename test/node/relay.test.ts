import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { jsonLines, runProgram, startProgram, temporaryFolder, untilReady, type Program } from './program.ts'
import { rawRequest } from './raw-request.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let started: Program[]

beforeEach(async () => {
  folder = await temporaryFolder()
  started = []
})

afterEach(async () => {
  await Promise.all(started.map(program => program.stop('SIGKILL')))
  await folder.remove()
})

function relay(...words: string[]): Program {
  const all = [
    'relay',
    '--data',
    join(folder.path, 'relay'),
    '--json',
    '--no-mdns',
    '--no-upnp',
    '--http',
    '127.0.0.1:0',
    ...words
  ]
  const program = startProgram(all)
  started.push(program)
  return program
}

test('a relay keeps its PeerId and its certificate when it is killed and started again', async () => {
  const listen = ['--listen', '/ip4/127.0.0.1/udp/0/webrtc-direct', '--listen', '/ip4/127.0.0.1/tcp/0/ws']
  const first = relay(...listen)
  const before = await untilReady(first)
  await first.stop('SIGKILL')
  const after = await untilReady(relay(...listen))
  const certificate = (addresses: readonly string[]): string | undefined =>
    /certhash\/([^/]+)/.exec(addresses.join())?.[1]
  expect(after.peer).toBe(before.peer)
  expect(certificate(before.addresses)).toBeDefined()
  expect(certificate(after.addresses)).toBe(certificate(before.addresses))
})

test('a relay serves the list of addresses, health and figures, and has no rooms', async () => {
  const bootstrap = '/dns4/other.example/tcp/443/wss/p2p/12D3KooWNzWRZvfmmkvyMJK9FN1QKuvaQKuMjBT8UuteqtD9EL8h'
  const { http, addresses } = await untilReady(relay('--listen', '/ip4/127.0.0.1/tcp/0/ws', '--bootstrap', bootstrap))
  const list = JSON.parse((await rawRequest(http, '/bootstrap.json')).body.toString()) as unknown
  expect(list).toEqual({ addresses: [...addresses, bootstrap], iceServers: [] })
  expect((await rawRequest(http, '/health')).status).toBe(200)
  expect((await rawRequest(http, '/metrics')).body.toString()).toContain('starling_peers{path="relayed"} 0')
  const rooms = await runProgram(['room', 'list', '--data', join(folder.path, 'relay')])
  expect(rooms.exit).toBe(2)
  expect(rooms.diagnostics).toMatch(/a relay has neither rooms nor an identity/)
  const send = await runProgram(['send', 'Talk', 'hello', '--data', join(folder.path, 'relay')])
  expect([send.exit, send.diagnostics]).toEqual([2, expect.stringMatching(/a relay has neither rooms/)])
  const status = await runProgram(['status', '--json', '--data', join(folder.path, 'relay')])
  expect(jsonLines(status.out)).toMatchObject([{ rooms: [], peers: [] }])
})

test('a public relay answers under names it does not know, but neither its figures nor its API', async () => {
  const { http } = await untilReady(relay('--listen', '/ip4/127.0.0.1/tcp/0/ws', '--http', '0.0.0.0:0'))
  const host = 'relay.example.org'
  const statuses = ['/bootstrap.json', '/health', '/metrics', '/v1/status'].map(
    async path => (await rawRequest(http, path, { host })).status
  )
  expect(await Promise.all(statuses)).toEqual([200, 200, 403, 403])
})

test('any page may read the addresses of a relay that others can reach, itself or through a proxy', async () => {
  const origin = 'https://app.example'
  const listen = ['--listen', '/ip4/127.0.0.1/tcp/0/ws']
  const ways = [
    ['--http', '0.0.0.0:0'],
    ['--announce', '/dns4/relay.example/tcp/443/wss'],
    ['--web-url', 'https://relay.example/']
  ]
  for (const [index, way] of ways.entries()) {
    const { http } = await untilReady(relay(...listen, ...way, '--data', join(folder.path, String(index))))
    const list = await rawRequest(http, '/bootstrap.json', { origin })
    expect([way, list.status, list.headers['access-control-allow-origin']]).toEqual([way, 200, '*'])
  }
  const { http } = await untilReady(relay(...listen))
  expect((await rawRequest(http, '/bootstrap.json', { origin })).status).toBe(403)
})

test('a bootstrap address that nobody answers is a warning, and the relay runs on', async () => {
  const nobody = '/ip4/127.0.0.1/tcp/1/p2p/12D3KooWNzWRZvfmmkvyMJK9FN1QKuvaQKuMjBT8UuteqtD9EL8h'
  const program = relay('--listen', '/ip4/127.0.0.1/tcp/0/ws', '--bootstrap', nobody)
  const { http } = await untilReady(program)
  const warning = JSON.parse(await program.line(line => line.includes('"warning"'))) as object
  expect(warning).toMatchObject({
    event: 'warning',
    code: 'bootstrap-unreachable',
    text: expect.stringContaining(nobody)
  })
  expect((await rawRequest(http, '/health')).status).toBe(200)
})

test('--check prints what would run and starts nothing', async () => {
  const data = join(folder.path, 'nothing-here')
  const { exit, out } = await runProgram(['relay', '--check', '--json', '--data', data])
  expect(exit).toBe(0)
  expect(jsonLines(out)).toMatchObject([{ data, http: '0.0.0.0:8081', relay: true, dht: true }])
  await expect(readFile(join(data, 'token'))).rejects.toThrow(/ENOENT/)
})

test('--check says when the data folder that is there cannot be used', async () => {
  const data = join(folder.path, 'a-file')
  await writeFile(data, '')
  const { exit, out, diagnostics } = await runProgram(['relay', '--check', '--data', data])
  expect([exit, out]).toEqual([1, ''])
  expect(diagnostics).toMatch(
    /^starling: the data folder .*a-file cannot be used, because .*: choose another with --data\n$/
  )
})

test('flags win over the environment, the environment over the file', async () => {
  const config = join(folder.path, 'relay.json')
  const peer = '/p2p/12D3KooWNzWRZvfmmkvyMJK9FN1QKuvaQKuMjBT8UuteqtD9EL8h'
  const [inFile, inEnvironment, inFlags] = ['/dns4/a/tcp/1', '/dns4/b/tcp/1', '/dns4/c/tcp/1'].map(
    address => address + peer
  )
  await writeFile(config, JSON.stringify({ data: 'below', bootstrap: [inFile], http: '127.0.0.1:81', 'no-dht': true }))
  const words = ['relay', '--check', '--json', '--config', config]
  const environment = { STARLING_BOOTSTRAP: `${inEnvironment}, ${inFlags}` }
  const file = await runProgram(words)
  const surroundings = await runProgram(words, { environment })
  const flags = await runProgram([...words, '--bootstrap', inFlags ?? '', '--http', '127.0.0.1:82'], { environment })
  expect(jsonLines(file.out)).toMatchObject([
    { data: join(folder.path, 'below'), bootstrap: [inFile], dht: false, http: '127.0.0.1:81' }
  ])
  expect(jsonLines(surroundings.out)).toMatchObject([{ bootstrap: [inEnvironment, inFlags] }])
  expect(jsonLines(flags.out)).toMatchObject([{ bootstrap: [inFlags], http: '127.0.0.1:82' }])
})

test('the deployed relay does not start without its file, and says how to name it', async () => {
  for (const words of [[], ['--check'], ['--http', '127.0.0.1:0']]) {
    const { exit, out, diagnostics } = await runProgram(words, { program: 'bootstrap/main.ts' })
    expect([exit, out]).toEqual([2, ''])
    expect(diagnostics).toMatch(/^starling: the configuration file is missing: name it as the first argument .*\n$/)
  }
})

test('the deployed relay runs from its file, and its example is valid', async () => {
  const config = join(folder.path, 'relay.json')
  await mkdir(join(folder.path, 'relay'))
  const file = { data: 'relay', listen: ['/ip4/127.0.0.1/tcp/0/ws'], http: '127.0.0.1:0', 'no-mdns': true, json: true }
  await writeFile(config, JSON.stringify(file))
  const program = startProgram([], { program: 'bootstrap/main.ts', environment: { STARLING_CONFIG: config } })
  started.push(program)
  const { http } = await untilReady(program)
  expect((await rawRequest(http, '/ready')).status).toBe(200)
  expect((await program.stop('SIGTERM')).exit).toBe(0)
  const example = join(import.meta.dirname, '../../bootstrap/starling-relay.example.json')
  const check = await runProgram([example, '--check'], { program: 'bootstrap/main.ts' })
  expect(check).toMatchObject({ exit: 0, diagnostics: '' })
})
