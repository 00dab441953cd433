import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const ROOT = join(import.meta.dirname, '../..')
/** The port 1 is nobody's: a peer that listens here only and knows nobody stays alone. */
export const ALONE = ['--no-mdns', '--listen', '/ip4/127.0.0.1/tcp/0', '--listen', '/ip4/127.0.0.1/tcp/0/ws']
/** Loopback only, the web app on a free port. */
export const QUIET = [...ALONE, '--http', '127.0.0.1:0']
/** Two cores, shared by every test there is. */
const PATIENCE_MS = 40_000

export interface Outcome {
  readonly exit: number | string | null
  readonly out: string
  readonly diagnostics: string
}

interface RunOptions {
  readonly environment?: NodeJS.ProcessEnv
  readonly input?: Uint8Array | string
  readonly program?: string
}

/** Runs the real program until it ends. */
export async function runProgram(words: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const program = startProgram(words, options)
  program.child.stdin?.on('error', () => undefined)
  program.child.stdin?.end(options.input ?? '')
  return program.ended
}

export interface Program {
  readonly child: ChildProcess
  readonly ended: Promise<Outcome>
  /** The first line of stdout for which this holds, past or future. */
  line(isWanted: (line: string) => boolean): Promise<string>
  stop(signal?: NodeJS.Signals): Promise<Outcome>
}

/** Starts the real program; whoever starts it stops it. */
export function startProgram(words: readonly string[], options: RunOptions = {}): Program {
  const program = join(ROOT, options.program ?? 'src/node/cli.ts')
  const env = { ...cleanEnvironment(), ...options.environment }
  const child = spawn(join(ROOT, 'node_modules/.bin/node'), [program, ...words], { env })
  const lines: string[] = []
  const waiting = new Set<() => void>()
  let out = ''
  let diagnostics = ''
  child.stdout.on('data', chunk => (out += String(chunk)))
  child.stderr.on('data', chunk => (diagnostics += String(chunk)))
  createInterface({ input: child.stdout }).on('line', line => {
    lines.push(line)
    for (const wake of waiting) wake()
  })
  const ended = new Promise<Outcome>(resolve => {
    child.once('close', (code, signal) => resolve({ exit: code ?? signal, out, diagnostics }))
  })
  function line(isWanted: (line: string) => boolean): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    const look = (): void => {
      const found = lines.find(isWanted)
      if (found !== undefined) resolve(found)
    }
    const fail = (why: string): void => reject(new Error(`${why}: ${words.join(' ')}\n${out}\n${diagnostics}`))
    waiting.add(look)
    const timer = setTimeout(() => fail('the line did not come'), PATIENCE_MS)
    void ended.then(() => fail('the program ended before the line came'))
    look()
    return promise.finally(() => {
      waiting.delete(look)
      clearTimeout(timer)
    })
  }
  async function stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Outcome> {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal)
    return ended
  }
  return { child, ended, line, stop }
}

/** Without what the surroundings say about peers. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('STARLING_')))
}

export interface Ready {
  readonly peer: string
  readonly addresses: readonly string[]
  readonly http: string
}

export async function untilReady(program: Program): Promise<Ready> {
  return JSON.parse(await program.line(line => line.includes('"event":"ready"'))) as Ready
}

export async function temporaryFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'starling-node-'))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

export function jsonLines(text: string): unknown[] {
  return text
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as unknown)
}
