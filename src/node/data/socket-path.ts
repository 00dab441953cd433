import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** `sun_path` holds 108 bytes on Linux and 104 on macOS, a terminating zero included. */
const MAX_SOCKET_PATH_BYTES = 100

/** Where the socket of a data folder goes: into it, or, when that path is too long for a socket, into a private folder. */
export async function chooseSocketPath(data: string): Promise<string> {
  if (process.platform === 'win32') return pipeName(data)
  const inside = join(data, 'api.sock')
  if (fits(inside)) return inside
  const parent = fits(join(tmpdir(), 'starling-XXXXXX', 'api.sock')) ? tmpdir() : '/tmp'
  return join(await mkdtemp(join(parent, 'starling-')), 'api.sock')
}

/** Takes away the socket and the folder that was made for it. */
export async function removeSocket(data: string, socket: string): Promise<void> {
  if (process.platform === 'win32') return
  await rm(socket, { force: true })
  const folder = dirname(socket)
  if (folder !== data && /[\\/]starling-[A-Za-z0-9]{6}$/.test(folder))
    await rm(folder, { recursive: true, force: true })
}

function fits(path: string): boolean {
  return Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES
}

function pipeName(data: string): string {
  return `\\\\.\\pipe\\starling-${createHash('sha256').update(data).digest('hex').slice(0, 32)}`
}
