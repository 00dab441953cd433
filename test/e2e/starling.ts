import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFailed, onTestFinished } from 'vitest'
import { onLastingPort } from '../support/lasting-port.ts'

const LAUNCHER = fileURLToPath(new URL('../../starling', import.meta.url))
/** Nothing here takes a tenth of this on a busy machine. */
const LIMIT = 60_000

export type Event = Record<string, unknown> & { event: string }

export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A running `starling up` or `starling relay`, as a user's shell sees it: events on stdout, words on stderr. */
export class Running {
  readonly name: string
  readonly data: string
  readonly events: Event[] = []
  readonly #child: ChildProcess
  readonly #log: string[] = []
  #wake: () => void = () => undefined

  constructor(name: string, data: string, child: ChildProcess) {
    this.name = name
    this.data = data
    this.#child = child
    this.#listen(child.stdout, line => this.events.push(JSON.parse(line) as Event))
    this.#listen(child.stderr, () => undefined)
    child.once('exit', () => this.#wake())
  }

  get pid(): number {
    return this.#child.pid ?? -1
  }

  /** All that it printed, for a test that failed. */
  get log(): string {
    return [`--- ${this.name}`, ...this.#log].join('\n')
  }

  /** The first event that fits, from now or before. */
  async event<T extends Event>(what: string, fits: (event: Event) => boolean, limit = LIMIT): Promise<T> {
    const deadline = Date.now() + limit
    for (;;) {
      const found = this.events.find(fits)
      if (found !== undefined) return found as T
      const left = deadline - Date.now()
      if (left <= 0 || this.#child.exitCode !== null) throw new Error(`${this.name}: ${what} did not happen`)
      await this.#news(left)
    }
  }

  ready(): Promise<Event & { peer: string; addresses: string[]; http: string }> {
    return this.event('ready', event => event.event === 'ready')
  }

  /** The message with this text. */
  hears(text: string, limit?: number): Promise<Event & { id: string; nick: string }> {
    return this.event(
      `hearing ${JSON.stringify(text)}`,
      each => each.event === 'message' && each['text'] === text,
      limit
    )
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill(signal)
      await once(this.#child, 'exit')
    }
    return this.#child.exitCode
  }

  /** A command that speaks to this peer through its data folder. */
  run(...args: string[]): Promise<Outcome> {
    return run([...args, '--data', this.data])
  }

  #listen(stream: NodeJS.ReadableStream | null, take: (line: string) => void): void {
    if (stream === null) return
    createInterface({ input: stream }).on('line', line => {
      this.#log.push(line)
      take(line)
      this.#wake()
    })
  }

  #news(limit: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, limit)
    this.#wake = () => {
      clearTimeout(timer)
      resolve()
    }
    return promise
  }
}

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
  return start(name, ['relay', '--http', '127.0.0.1:0', '--no-mdns', ...args], options)
}

/** A peer on loopback, on free ports, that is in the room `lobby`. */
export async function startPeer(name: string, args: readonly string[] = [], options?: StartOptions): Promise<Running> {
  const peer = await start(name, ['up', '--http', '127.0.0.1:0', '--no-mdns', ...args], options)
  await expectSuccess(peer.run('id', 'name', name))
  await expectSuccess(peer.run('room', 'join', 'lobby', '--open'))
  return peer
}

export async function expectSuccess(outcome: Promise<Outcome>): Promise<Outcome> {
  const result = await outcome
  if (result.code !== 0) throw new Error(`exit ${result.code}: ${result.stderr}${result.stdout}`)
  return result
}

/** Runs a command to its end. */
async function run(args: readonly string[], input?: string | Buffer): Promise<Outcome> {
  const child = spawn(LAUNCHER, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()))
  child.stdin.end(input)
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, ...output }
}

/** The address of a running one that fits, for `--bootstrap`. */
export async function addressOf(running: Running, part = '/tcp/'): Promise<string> {
  const { addresses } = await running.ready()
  const found = addresses.find(address => address.includes(part) && !address.includes('/p2p-circuit'))
  if (found === undefined) throw new Error(`${running.name} has no address with ${part}: ${addresses.join(' ')}`)
  return found
}
