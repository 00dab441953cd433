import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Who owns a data folder, for those who find it owned. The lock of the store decides who that is, and the system drops it
 * when its holder dies; this file is only a sign on the door, and outdated when the holder was killed.
 */
export interface Owner {
  readonly pid: number
  /** A running peer or relay answers on its socket; a command ends by itself soon. */
  readonly kind: 'up' | 'relay' | 'command'
  /** Path of the socket of the local API. */
  readonly socket?: string
}

function ownerFile(data: string): string {
  return join(data, 'owner.json')
}

export async function readOwner(data: string): Promise<Owner | undefined> {
  try {
    return parseOwner(JSON.parse(await readFile(ownerFile(data), 'utf8')))
  } catch {
    return undefined
  }
}

function parseOwner(value: unknown): Owner | undefined {
  if (typeof value !== 'object' || value === null || !('pid' in value) || !('kind' in value)) return undefined
  const { pid, kind } = value
  if (typeof pid !== 'number' || !(kind === 'up' || kind === 'relay' || kind === 'command')) return undefined
  const socket = 'socket' in value && typeof value.socket === 'string' ? { socket: value.socket } : {}
  return { pid, kind, ...socket }
}

export async function writeOwner(data: string, owner: Owner): Promise<void> {
  await writeFile(ownerFile(data), `${JSON.stringify(owner)}\n`, { mode: 0o600 })
}

export async function removeOwner(data: string): Promise<void> {
  await rm(ownerFile(data), { force: true })
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'EPERM'
  }
}
