import { copyFile, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Level } from 'level'
import { systemCode } from '../exits.ts'
import type { NodeDatabase } from './node-database.ts'
import { isAlive } from './owner.ts'

/** A store as it is, opened under its lock; what is written to the database is thrown away. */
export interface StoreView {
  readonly database: NodeDatabase
  close(): Promise<void>
}

/** In memory where the system offers that: what LevelDB writes there are keys and messages, too. */
const SCRATCH = [process.env['XDG_RUNTIME_DIR'], '/dev/shm', tmpdir()]

/**
 * Opens a store without a byte written to it. LevelDB writes whenever it opens: a manifest, a log, a table of what the
 * last log held. So it is shown a folder elsewhere:
 * 1. What it only reads is linked there: `CURRENT`, the manifest that this names, logs, tables.
 * 2. `LOCK` is linked: the lock is on the file, by whatever name it was opened.
 * 3. A table that the manifest does not know yet, left by who was killed, has a number that is given out again, and through
 *    a link it would be overwritten. So tables that may be such are copied.
 *
 * Undefined: there is no store. Rejects with the error of LevelDB, when it is in use, for instance.
 */
export async function viewStore(store: string): Promise<StoreView | undefined> {
  const manifest = await currentManifest(store)
  if (manifest === undefined) return undefined
  const scratch = await makeScratch()
  const remove = (): Promise<void> => rm(scratch, { recursive: true, force: true })
  try {
    await showFiles(store, manifest, scratch)
    const database: NodeDatabase = new Level(scratch, { keyEncoding: 'view', valueEncoding: 'view' })
    await database.open({ createIfMissing: false })
    const close = async (): Promise<void> => {
      await database.close()
      await remove()
    }
    return { database, close }
  } catch (thrown) {
    await remove()
    throw thrown
  }
}

/** Its file name, such as `MANIFEST-000015`. */
function currentManifest(store: string): Promise<string | undefined> {
  return readFile(join(store, 'CURRENT'), 'utf8').then(
    text => text.trim(),
    (thrown: unknown) => {
      if (systemCode(thrown) === 'ENOENT') return undefined
      throw thrown
    }
  )
}

async function makeScratch(): Promise<string> {
  for (const parent of SCRATCH) {
    if (parent === undefined) continue
    await removeLeft(parent).catch(() => undefined)
    const made = await mkdtemp(join(parent, `starling-view-${process.pid}-`)).catch(() => undefined)
    if (made !== undefined) return made
  }
  throw new Error('no folder for a view of the store can be made')
}

/** What processes left that were killed: their keys may stand in it. */
async function removeLeft(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const pid = /^starling-view-(\d+)-/.exec(name)?.[1]
    if (pid !== undefined && !isAlive(Number(pid))) await rm(join(parent, name), { recursive: true, force: true })
  }
}

async function showFiles(store: string, manifest: string, scratch: string): Promise<void> {
  const names = await readdir(store)
  const logs = names.filter(name => name.endsWith('.log'))
  // The manifest knows every number up to its own, and up to that of the oldest log: it names both.
  const [oldestLog = 0] = logs.map(numberOf).toSorted((one, other) => one - other)
  const known = Math.max(numberOf(manifest), oldestLog)
  for (const name of names) {
    const isTable = /\.(?:ldb|sst)$/.test(name)
    if (isTable && numberOf(name) > known) await copyFile(join(store, name), join(scratch, name))
    else if (isTable || logs.includes(name) || ['CURRENT', 'LOCK', manifest].includes(name)) {
      await symlink(join(store, name), join(scratch, name))
    }
  }
}

function numberOf(name: string): number {
  return Number(/\d+/.exec(name)?.[0])
}
