import { once } from 'node:events'
import { createServer } from 'node:net'
import process from 'node:process'

/** Below the ports that systems give to whoever asks for any: those are taken by others between two runs of a peer. */
const FIRST = 10_000
const COUNT = 20_000

let next = (process.pid * 977) % COUNT

/** A TCP port on the loopback that is free, and stays so while the peer that used it is away. */
async function lastingPort(): Promise<number> {
  for (let tries = 0; tries < COUNT; tries += 1) {
    next = (next + 1) % COUNT
    const port = FIRST + next
    if (await isFree(port)) return port
  }
  throw new Error('no port is free')
}

/** The address with a lasting port in place of port 0. */
export async function onLastingPort(address: string): Promise<string> {
  return address.includes('/tcp/0') ? address.replace('/tcp/0', `/tcp/${await lastingPort()}`) : address
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}
