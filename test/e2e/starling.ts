import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { onTestFailed, onTestFinished } from 'vitest'
import { onLastingPort } from '../support/lasting-port.ts'
import { LAUNCHER, Running, type Outcome } from './running.ts'

export { Running, type Outcome } from './running.ts'

/** A temporary folder, removed when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(`${tmpdir()}/starling-e2e-`)
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

interface StartOptions {
  readonly data?: string
  readonly wrap?: readonly string[]
}

/** Starts a peer or a relay on loopback, and stops it when the test ends; a failed test shows what it printed. */
export async function start(name: string, args: readonly string[], options: StartOptions = {}): Promise<Running> {
  const data = options.data ?? (await temporaryFolder())
  const lasting = await Promise.all(args.map(onLastingPort))
  const command = [...(options.wrap ?? []), LAUNCHER, ...lasting, '--data', data, '--json']
  const child = spawn(command[0] ?? LAUNCHER, command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] })
  const running = new Running(name, data, child)
  onTestFailed(() => {
    process.stderr.write(`${running.log}\n`)
  })
  onTestFinished(async () => {
    await running.stop('SIGKILL')
  })
  await running.ready()
  return running
}

export const LOOPBACK = ['--listen', '/ip4/127.0.0.1/tcp/0', '--listen', '/ip4/127.0.0.1/tcp/0/ws'] as const

/** A relay on loopback, on free ports. */
export function startRelay(name: string, args: readonly string[] = [], options?: StartOptions): Promise<Running> {
  return start(name, ['relay', '--http', '127.0.0.1:0', '--no-mdns', '--no-upnp', ...args], options)
}

/** A peer on loopback, on free ports, that is in the room `lobby`. */
export async function startPeer(name: string, args: readonly string[] = [], options?: StartOptions): Promise<Running> {
  const peer = await start(name, ['up', '--http', '127.0.0.1:0', '--no-mdns', '--no-upnp', ...args], options)
  await expectSuccess(peer.run('id', 'name', name))
  await expectSuccess(peer.run('room', 'join', 'lobby', '--open'))
  return peer
}

export async function expectSuccess(outcome: Promise<Outcome>): Promise<Outcome> {
  const result = await outcome
  if (result.code !== 0) throw new Error(`exit ${result.code}: ${result.stderr}${result.stdout}`)
  return result
}

/** The address of a running one that fits, for `--bootstrap`. */
export async function addressOf(running: Running, part = '/tcp/'): Promise<string> {
  const { addresses } = await running.ready()
  const found = addresses.find(address => address.includes(part) && !address.includes('/p2p-circuit'))
  if (found === undefined) throw new Error(`${running.name} has no address with ${part}: ${addresses.join(' ')}`)
  return found
}
