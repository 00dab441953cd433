import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Host } from '../lab/nat-lab.ts'

const PEER = fileURLToPath(new URL('./stock-peer.mjs', import.meta.url))
const LIMIT = 20_000

/** How two peers of stock js-libp2p are connected in the end: `direct`, `relayed` or `none`. */
export async function stockTrial(relay: Host, hosts: readonly [Host, Host]): Promise<string> {
  const children: ChildProcess[] = []
  const start = (host: Host, ...args: string[]): AsyncIterator<string> => {
    const [command, ...rest] = [...host.wrap, process.execPath, PEER, ...args]
    const child = spawn(command ?? PEER, rest, { stdio: ['ignore', 'pipe', 'ignore'] })
    children.push(child)
    return createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  }
  try {
    // 443, as with ours, so that who may use nothing else reaches it.
    const address = await ready(start(relay, 'relay', `/ip4/${relay.address}/tcp/443`))
    const listener = await ready(start(hosts[0], 'listen', address))
    const dialler = start(hosts[1], 'dial', address, listener)
    await ready(dialler)
    return await outcomeOf(dialler)
  } finally {
    for (const child of children) {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    }
  }
}

async function outcomeOf(dialler: AsyncIterator<string>): Promise<string> {
  const end = new Promise<'end'>(resolve => setTimeout(resolve, LIMIT, 'end'))
  for (let outcome = 'none'; ;) {
    const next = await Promise.race([dialler.next(), end])
    if (next === 'end' || next.done === true) return outcome
    outcome = next.value
    if (outcome === 'direct') return outcome
  }
}

async function ready(lines: AsyncIterator<string>): Promise<string> {
  const limit = new Promise<never>((_, reject) => setTimeout(reject, LIMIT, new Error('a stock peer was not ready')))
  const { value } = await Promise.race([lines.next(), limit])
  const [word, ...rest] = String(value).split(' ')
  if (word !== 'ready') throw new Error(`a stock peer said ${value}`)
  return rest.join(' ')
}
