import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { NodeReport as Report } from '../../src/node/doctor/report.ts'
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

/** A relay on loopback, at a host of its own; the address to meet it at. */
async function relayAt(host: string): Promise<string> {
  const listen = ['tcp/0', 'tcp/0/ws'].flatMap(each => ['--listen', `/ip4/${host}/${each}`])
  const program = startProgram([
    'relay',
    '--data',
    join(folder.path, host),
    '--json',
    '--no-mdns',
    '--http',
    '127.0.0.1:0',
    ...listen
  ])
  started.push(program)
  const { addresses } = await untilReady(program)
  return addresses.find(address => /\/tcp\/\d+\/p2p\//.test(address)) ?? ''
}

function reportOf(out: string): Report {
  const [report, ...more] = jsonLines(out)
  expect(more).toEqual([])
  return report as Report
}

describe('starling doctor', () => {
  test('tries everything really, with a peer of its own for as long as that takes', async () => {
    const relays = await Promise.all([relayAt('127.0.0.1'), relayAt('127.0.0.2')])
    const meeting = relays.flatMap(address => ['--bootstrap', address])
    const { exit, out } = await runProgram([
      'doctor',
      '--json',
      '--data',
      data,
      ...QUIET,
      '--listen',
      '/webrtc',
      ...meeting
    ])
    const report = reportOf(out)
    expect(exit).toBe(0)
    expect(report.transports.map(({ transport, state }) => [transport, state])).toEqual([
      ['tcp', 'works'],
      ['ws', 'works'],
      ['webrtc-direct', 'untried'],
      ['webrtc', expect.stringMatching(/works|fails/)],
      ['circuit', 'works']
    ])
    expect(report.relays.known).toHaveLength(2)
    expect(report.relays.known.every(({ place, witness, isOutside }) => place && witness && !isOutside)).toBe(true)
    expect(report.clock.witnesses).toBe(2)
    expect(Math.abs(report.clock.ahead ?? Infinity)).toBeLessThan(2000)
    expect(report.nat).toMatchObject({ kind: 'unknown', tcp: { mapping: 'none', preservesPorts: true } })
    expect(report.nat.advice).toContain('on your own network')
    expect(report.warnings).toEqual([])
  })

  test('asks the peer that runs, and says the same as GET /v1/nat', async () => {
    const relay = await relayAt('127.0.0.1')
    const peer = startProgram(['up', '--data', data, '--json', ...QUIET, '--bootstrap', relay])
    started.push(peer)
    const { peer: id, http } = await untilReady(peer)
    const words = await runProgram(['doctor', '--data', data])
    expect(words.exit).toBe(0)
    for (const part of ['In short', 'NAT', 'Addresses', 'Router', 'Candidates', 'Transports', 'Relays', 'Clock']) {
      expect(words.out).toMatch(new RegExp(`^${part}`, 'm'))
    }
    expect(words.diagnostics).toBe('Trying out the network; this takes up to half a minute.\n')
    const report = reportOf((await runProgram(['doctor', '--json', '--data', data])).out)
    expect(report.peer).toBe(id)
    const refused = await fetch(`${http}/v1/nat`)
    expect(refused.status).toBe(401)
  })

  test('says what is wrong when nobody answers, and reports all the same', async () => {
    const nobody = '/ip4/127.0.0.1/tcp/1/p2p/12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN'
    const { exit, out, diagnostics } = await runProgram([
      'doctor',
      '--json',
      '--data',
      data,
      ...QUIET,
      '--no-webrtc',
      '--bootstrap',
      nobody
    ])
    const report = reportOf(out)
    expect(exit).toBe(4)
    expect(diagnostics).toBe(
      'starling: none of the relays you named answers: check their addresses, and whether you are online\n'
    )
    expect(report.summary).toContain('reaches no relay')
    expect(report.transports.map(({ state }) => state)).toEqual(['fails', 'untried', 'off', 'off', 'untried'])
    expect(report.clock).toMatchObject({ ahead: null, witnesses: 0 })
  })

  test('works without any relay, too', async () => {
    const { exit, out } = await runProgram(['doctor', '--data', data, ...QUIET])
    expect(exit).toBe(0)
    expect(out).toContain('name one with --bootstrap')
  })
})
