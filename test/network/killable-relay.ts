import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export interface KillableRelay {
  readonly addresses: string[]
  /** SIGKILL. */
  kill(): Promise<void>
  /** Starts again with the same key, on the same addresses. */
  comeBack(): Promise<void>
  release(): Promise<void>
}

export async function startKillableRelay(): Promise<KillableRelay> {
  const folder = await mkdtemp(join(tmpdir(), 'starling-relay-'))
  let process = await start(folder, [])
  const { addresses } = process
  return {
    addresses,
    kill: () => kill(process.child),
    async comeBack() {
      process = await start(
        folder,
        addresses.map(address => address.replace(/\/p2p\/.*$/, ''))
      )
    },
    async release() {
      await kill(process.child)
      await rm(folder, { recursive: true, force: true })
    }
  }
}

async function start(folder: string, listen: string[]): Promise<{ child: ChildProcess; addresses: string[] }> {
  const script = join(import.meta.dirname, 'relay-process.ts')
  const child = spawn(process.execPath, [script, folder, ...listen], { stdio: ['ignore', 'pipe', 'inherit'] })
  for await (const line of createInterface({ input: child.stdout }))
    return { child, addresses: JSON.parse(line) as string[] }
  throw new Error('the relay did not start')
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}
