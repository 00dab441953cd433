import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export const LAUNCHER = fileURLToPath(new URL('../../starling', import.meta.url))
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
