import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { ip6Of, type Host } from '../lab/nat-lab.ts'
import { LIMITS } from '../trial.ts'

const PEER = fileURLToPath(new URL('./stock-peer.mjs', import.meta.url))

/** How two peers of stock js-libp2p are connected in the end, and how soon, as of ours; one knows what the other announces from the beginning. */
export interface StockTrial {
  readonly path: 'none' | 'relayed' | 'direct'
  readonly connectedAfter: number | undefined
  readonly upgradedAfter: number | undefined
}

export interface StockPlace {
  readonly host: Host
  /** Whoever runs such a peer tells it to announce its address. */
  readonly isPublic: boolean
}

type Lines = AsyncIterator<string>

export async function stockTrial(relay: Host, places: readonly [StockPlace, StockPlace]): Promise<StockTrial> {
  const children: ChildProcess[] = []
  const start = (host: Host, ...args: string[]): Lines => {
    const [command, ...rest] = [...host.wrap, process.execPath, PEER, ...args]
    const child = spawn(command ?? PEER, rest, { stdio: ['ignore', 'pipe', 'ignore'] })
    children.push(child)
    return createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  }
  try {
    // 443, as with ours, so that who may use nothing else reaches it.
    const [ip4, ip6] = [`/ip4/${relay.address}/tcp/443`, `/ip6/${ip6Of(relay)}/tcp/443`]
    const [id] = wordsOfReady(await within(LIMITS.connection, start(relay, 'relay', ip4, ip6)))
    if (id === undefined) throw new Error('the stock relay did not start')
    const peer = (what: string, { host, isPublic }: StockPlace, known: readonly string[]): Lines => {
      const own = isPublic ? `/ip4/${host.address}/tcp/4001` : '-'
      return start(host, what, own, `${host.address.includes(':') ? ip6 : ip4}/p2p/${id}`, ...known)
    }
    const known = wordsOfReady(await within(LIMITS.connection, peer('listen', places[0], [])))
    if (known.length === 0) return NONE
    const dialler = peer('dial', places[1], known)
    return wordsOfReady(await within(LIMITS.connection, dialler)).length === 0 ? NONE : await observe(dialler)
  } finally {
    for (const child of children) {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    }
  }
}

const NONE: StockTrial = { path: 'none', connectedAfter: undefined, upgradedAfter: undefined }

async function observe(dialler: Lines): Promise<StockTrial> {
  const start = performance.now()
  const first = await within(LIMITS.connection, dialler)
  if (first === undefined) return NONE
  const connectedAfter = performance.now() - start
  const last = first === 'direct' ? first : await within(LIMITS.betterWay, dialler)
  if (last === undefined) return { path: 'relayed', connectedAfter, upgradedAfter: undefined }
  return { path: 'direct', connectedAfter, upgradedAfter: performance.now() - start - connectedAfter }
}

/** Its next line; undefined when it does not come, or the peer ended. */
async function within(limit: number, lines: Lines): Promise<string | undefined> {
  const { promise: end, resolve } = Promise.withResolvers<undefined>()
  const timer = setTimeout(resolve, limit, undefined)
  try {
    const next = await Promise.race([lines.next(), end])
    return next === undefined || next.done === true ? undefined : next.value
  } finally {
    clearTimeout(timer)
  }
}

function wordsOfReady(line: string | undefined): string[] {
  const [word, ...rest] = (line ?? '').split(' ')
  return word === 'ready' ? rest : []
}
