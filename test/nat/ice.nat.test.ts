import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { NodeReport as Report } from '../../src/node/doctor/report.ts'
import { temporaryFolder, type Running } from '../e2e/starling.ts'
import { NatLab, whyNoNats, type Host } from './lab/nat-lab.ts'
import { labWithRelays, reached, relaysAt, startPair } from './pair.ts'

const CONFIGURATION = fileURLToPath(new URL('../../bootstrap/coturn.conf', import.meta.url))
const TURN_PORT = 3480
const LIMIT = 60_000
const missing = whyNoNats()
const noTurn =
  missing ??
  (spawnSync('turnserver', ['--version']).error === undefined ? undefined : 'TURN needs coturn (package coturn)')

describe.skipIf(missing !== undefined)(`ICE${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  test('peers behind NATs reach each other by WebRTC alone: their relay is their STUN server', async () => {
    const relays = await labWithRelays(1)
    const [anna, bob] = await startPair(relays, ['port-restricted', 'port-restricted'], ['--no-punch'])
    expect(await meetBy('webrtc', anna, bob)).toBe('heard')
    const report = JSON.parse((await anna?.run('doctor', '--json'))?.stdout ?? '') as Report
    const kind: unknown = expect.stringMatching(/^(?:host|srflx|prflx)$/)
    const { peer } = (await bob?.ready()) ?? {}
    expect(report.candidates.carries).toContainEqual({ peer, local: kind, remote: kind })
    expect(report.candidates.srflx).not.toEqual([])
  })

  test('a relay that is met at the second address of its machine is their STUN server there', async () => {
    const lab = new NatLab()
    const relays = await relaysAt(lab, [lab.atAnotherAddress(lab.host('relay', 'open'))])
    const [anna, bob] = await startPair(relays, ['port-restricted', 'port-restricted'], ['--no-punch'])
    expect(await meetBy('webrtc', anna, bob)).toBe('heard')
  })
})

describe.skipIf(noTurn !== undefined)(`TURN${noTurn === undefined ? '' : ` (skipped: ${noTurn})`}`, () => {
  test('what nothing else gets through goes by the coturn beside the relay, with its configuration', async () => {
    const secret = await secretFile('the secret of both')
    const relays = await labWithRelays(1, ['--turn', `turn:44.0.0.1:${TURN_PORT}`, '--turn-secret-file', secret])
    await startCoturn(relays.hosts[0], 'the secret of both')
    const [anna, bob] = await startPair(relays, ['symmetric-random', 'symmetric-random'], [])
    expect(await meetBy('turn', anna, bob)).toBe('heard')
  })

  test('logins that coturn does not take leave all on the circuit', async () => {
    const secret = await secretFile('the secret of the relay')
    const relays = await labWithRelays(1, ['--turn', `turn:44.0.0.1:${TURN_PORT}`, '--turn-secret-file', secret])
    await startCoturn(relays.hosts[0], 'the secret of coturn')
    const [anna, bob] = await startPair(relays, ['symmetric-random', 'symmetric-random'], [])
    expect(await meetBy('relayed', anna, bob)).toBe('heard')
    expect(anna?.events.filter(each => each['path'] === 'turn')).toEqual([])
  })
})

async function meetBy(path: string, anna: Running | undefined, bob: Running | undefined): Promise<string> {
  if (anna === undefined || bob === undefined) throw new Error('two were started')
  await Promise.all([reached(anna, bob, [path], LIMIT), reached(bob, anna, [path], LIMIT)])
  expect(await anna.run('send', 'lobby', 'through', '--wait', '1')).toMatchObject({ code: 0 })
  await bob.hears('through')
  return 'heard'
}

async function secretFile(secret: string): Promise<string> {
  const file = join(await temporaryFolder(), 'secret')
  await writeFile(file, secret, { mode: 0o600 })
  return file
}

/** As an operator starts it, on a public host of the lab. */
async function startCoturn(host: Host | undefined, secret: string): Promise<void> {
  if (host === undefined) throw new Error('no host')
  const folder = await temporaryFolder()
  const flags = ['--listening-ip', host.address, '--relay-ip', host.address, '--static-auth-secret', secret]
  const files = [
    '--pidfile',
    join(folder, 'pid'),
    '--userdb',
    join(folder, 'db'),
    '--log-file',
    'stdout',
    '--simple-log'
  ]
  const [command, ...rest] = [...host.wrap, 'turnserver', '-c', CONFIGURATION, ...flags, ...files]
  const child = spawn(command ?? 'turnserver', rest, { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(async () => {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  })
  const lines: string[] = []
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', line => {
      lines.push(line)
      if (line.includes('TLS supported')) resolve()
    })
    child.once('exit', () => reject(new Error(`coturn ended: ${lines.join('\n')}`)))
  })
}
