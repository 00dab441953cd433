import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { findRunningPeer, type ApiClient } from '../../src/node/access/api-client.ts'
import { onLastingPort } from '../support/lasting-port.ts'

const LAUNCHER = fileURLToPath(new URL('../../starling', import.meta.url))
const ROOM = 'lobby'
const PAGE = 1000

interface Ready {
  readonly peer: string
  readonly addresses: readonly string[]
}

/** A peer that is killed and started again on the same data folder and port, always a process of its own. */
export class FleetPeer {
  readonly name: string
  readonly #data: string
  readonly #arguments: readonly string[]
  #child: ChildProcess | undefined
  #api: ApiClient | undefined
  #stderr = ''

  private constructor(name: string, data: string, args: readonly string[]) {
    this.name = name
    this.#data = data
    this.#arguments = args
  }

  /** A peer that is not running yet; it meets others at the addresses in `bootstrap`. */
  static async create(name: string, data: string, bootstrap: readonly string[]): Promise<FleetPeer> {
    const listen = await onLastingPort('/ip4/127.0.0.1/tcp/0')
    const meet = bootstrap.flatMap(address => ['--bootstrap', address])
    const fixed = ['up', '--listen', listen, '--http', '127.0.0.1:0', '--no-mdns', '--no-webrtc', ...meet]
    return new FleetPeer(name, data, [...fixed, '--data', data, '--json'])
  }

  get isRunning(): boolean {
    return this.#api !== undefined
  }

  /** Starts the process, which must open its store, and joins the room; returns its addresses. */
  async start(): Promise<readonly string[]> {
    const child = spawn(LAUNCHER, this.#arguments, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    child.stderr.on('data', (chunk: Buffer) => (this.#stderr = (this.#stderr + chunk.toString()).slice(-2000)))
    const lines = createInterface({ input: child.stdout })
    const ended = once(child, 'exit').then(() => {
      throw new Error(`${this.name} did not start: ${this.#stderr}`)
    })
    const [line] = (await Promise.race([once(lines, 'line'), ended])) as [string]
    ended.catch(() => undefined)
    this.#api = await findRunningPeer(this.#data)
    await this.#call('/v1/rooms', { method: 'POST', body: { name: ROOM, open: true } })
    return (JSON.parse(line) as Ready).addresses
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.#api = undefined
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    child.kill(signal)
    await once(child, 'exit')
  }

  /** The id of the message, once it is durable; undefined when the peer was killed before it said so. */
  async send(text: string): Promise<string | undefined> {
    const running = this.#child
    try {
      const { id } = (await this.#call(`/v1/rooms/${ROOM}/messages`, { method: 'POST', body: { text } })) as {
        id: string
      }
      return id
    } catch (thrown) {
      if (running === this.#child && this.isRunning) throw thrown
      return undefined
    }
  }

  /** Ids of all messages here, in the order in which they are shown. */
  async read(): Promise<string[]> {
    const ids: string[] = []
    for (;;) {
      const before = ids[0] === undefined ? '' : `&before=${ids[0]}`
      const page = (await this.#call(`/v1/rooms/${ROOM}/messages?limit=${PAGE}${before}`)) as { id: string }[]
      ids.unshift(...page.map(({ id }) => id))
      if (page.length < PAGE) return ids
    }
  }

  async #call(path: string, options: Parameters<ApiClient['call']>[1] = {}): Promise<unknown> {
    if (this.#api === undefined) throw new Error(`${this.name} is not running`)
    return (await this.#api.call(path, options)).body
  }
}
