import { readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Level } from 'level'
import { EnvironmentError } from '../exits.ts'

export type NodeDatabase = Level<Uint8Array, Uint8Array>

/** What LevelDB writes beside its log when it starts a new one: a table's index and footer, the manifest. */
const MARGIN_BYTES = 64 * 1024

/**
 * LevelDB that loses nothing when the disk is full. By itself it goes on writing behind a record that did not fit, says
 * that all is well, and drops everything behind that record when it is opened the next time. Therefore:
 * 1. Writes go one at a time, so that none is under way behind one that fails.
 * 2. After one that failed the next waits for a new log, and fails as well when there is none.
 */
export function createNodeDatabase(folder: string): NodeDatabase {
  const database: NodeDatabase = new Level(folder, { keyEncoding: 'view', valueEncoding: 'view' })
  let isDamaged = false
  let last: Promise<void> = Promise.resolve()
  const inTurn = (write: () => Promise<void>): Promise<void> => {
    const turn = async (): Promise<void> => {
      if (isDamaged) await startNewLog(database, folder)
      isDamaged = false
      await write().catch((thrown: unknown) => {
        isDamaged = database.status === 'open'
        throw thrown
      })
    }
    const result = last.then(turn)
    last = result.catch(() => undefined)
    return result
  }
  for (const name of ['put', 'del', 'batch'] as const) {
    const write = database[name].bind(database) as (...parts: readonly unknown[]) => Promise<void>
    Object.defineProperty(database, name, { value: (...parts: readonly unknown[]) => inTurn(() => write(...parts)) })
  }
  return database
}

/** @throws EnvironmentError, or what the system says, when there is no room or LevelDB has given up */
async function startNewLog(database: NodeDatabase, folder: string): Promise<void> {
  const former = await logsOf(folder)
  await checkRoom(folder, former)
  const key = Uint8Array.of(0)
  // Compacting a range, even an empty one, begins with a new log and a table of what the old one holds.
  await compactRange(database, key, key)
  const logs = await logsOf(folder)
  if (logs.some(log => !former.includes(log))) return
  throw new EnvironmentError('writing to it failed before: stop the peer, see that the disk has room, start it again')
}

/** Writes anew what stands between these keys, without what was overwritten or deleted. */
export async function compactRange(database: NodeDatabase, start: Uint8Array, end: Uint8Array): Promise<void> {
  if ('compactRange' in database) await (database as Compactable).compactRange(start, end)
}

/** In LevelDB for Node, which `Level` is here. */
interface Compactable {
  compactRange(start: Uint8Array, end: Uint8Array): Promise<void>
}

async function logsOf(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter(name => name.endsWith('.log'))
}

/** Without room for the table LevelDB would give up for good, so the room is tried first. */
async function checkRoom(folder: string, logs: readonly string[]): Promise<void> {
  const sizes = await Promise.all(logs.map(async log => (await stat(join(folder, log))).size))
  const bytes = sizes.reduce((sum, size) => sum + size, MARGIN_BYTES)
  const probe = join(folder, 'room.probe')
  try {
    await writeFile(probe, new Uint8Array(bytes), { flush: true })
  } finally {
    await rm(probe, { force: true })
  }
}
