import { readLayout } from '../../core/log/index.ts'
import { EnvironmentError, errorMessage, reasonInWords } from '../exits.ts'
import { checkDataFolder, prepareDataFolder, storeFolder } from './data-folder.ts'
import { createNodeDatabase, type NodeDatabase } from './node-database.ts'
import { isAlive, readOwner, removeOwner, writeOwner, type Owner } from './owner.ts'
import { removeSocket } from './socket-path.ts'
import { viewStore } from './store-view.ts'
import { waitForFolder } from './wait-for-folder.ts'

/** A data folder that this process owns. */
export interface OwnedData {
  readonly database: NodeDatabase
  /** Says on the door where the local API is. */
  announce(owner: Omit<Owner, 'pid'>): Promise<void>
  /** Takes the sign off the door; the database is closed by whoever closes its storage. */
  release(): Promise<void>
}

/**
 * Opens the store, whose lock makes this process the owner of the folder. Waits while another command owns it.
 * @throws EnvironmentError when a running peer owns it, or it cannot be used
 */
export function ownData(data: string, kind: Owner['kind'], signal: AbortSignal): Promise<OwnedData> {
  return untilFree(data, () => tryToOwnData(data, kind), signal)
}

/** Rejects when `ownData` would; nothing in the folder is touched. */
export async function checkData(data: string, signal: AbortSignal): Promise<void> {
  await checkDataFolder(data)
  await untilFree(data, async () => ((await isInUse(data)) ? undefined : true), signal)
}

function untilFree<T>(data: string, use: () => Promise<T | undefined>, signal: AbortSignal): Promise<T> {
  const tryOnce = async (): Promise<T | undefined> => {
    const result = await use()
    if (result !== undefined) return result
    const owner = await readOwner(data)
    if (owner !== undefined && owner.kind !== 'command' && isAlive(owner.pid)) throw ownedBy(data, owner)
    return undefined
  }
  return waitForFolder(tryOnce, async () => ownedBy(data, await readOwner(data)), signal)
}

function ownedBy(data: string, owner: Owner | undefined): EnvironmentError {
  if (owner === undefined || !isAlive(owner.pid)) {
    return new EnvironmentError(
      `the data folder ${data} is in use by another process: stop it, or choose another with --data`
    )
  }
  const what = { up: 'a running peer', relay: 'a running relay', command: 'another command' }[owner.kind]
  return new EnvironmentError(
    `the data folder ${data} is in use by ${what} (process ${owner.pid}): stop it, or choose another with --data`
  )
}

/** Undefined when another process owns the folder. */
export async function tryToOwnData(data: string, kind: Owner['kind']): Promise<OwnedData | undefined> {
  await prepareDataFolder(data)
  if (await isInUse(data)) return undefined
  const database = createNodeDatabase(storeFolder(data))
  try {
    await database.open()
  } catch (thrown) {
    if (isLocked(thrown)) return undefined
    throw new EnvironmentError(`the data folder ${data} cannot be opened: ${reasonOf(thrown)}`, { cause: thrown })
  }
  try {
    await clearTracks(data)
    await writeOwner(data, { pid: process.pid, kind })
  } catch (thrown) {
    await database.close()
    throw thrown
  }
  return {
    database,
    announce: owner => writeOwner(data, { pid: process.pid, ...owner }),
    release: () => removeOwner(data)
  }
}

/**
 * Whether another process has the store open, told before opening it changes its files. Where it cannot be told, opening
 * tells.
 * @throws EnvironmentError when a newer version wrote it
 */
async function isInUse(data: string): Promise<boolean> {
  const view = await viewStore(storeFolder(data)).catch((thrown: unknown) => (isLocked(thrown) ? 'in use' : undefined))
  if (view === undefined || view === 'in use') return view !== undefined
  try {
    await readLayout(view.database)
    return false
  } finally {
    await view.close()
  }
}

/** What an owner that was killed left behind. */
async function clearTracks(data: string): Promise<void> {
  const former = await readOwner(data)
  if (former?.socket !== undefined) await removeSocket(data, former.socket)
}

function isLocked(thrown: unknown): boolean {
  const cause = thrown instanceof Error ? thrown.cause : undefined
  return cause instanceof Error && 'code' in cause && cause.code === 'LEVEL_LOCKED'
}

/** As LevelDB says that a file of the store is gone, or holds what it did not write. */
const DAMAGE = /^corruption|no such file|does not exist/i

function reasonOf(thrown: unknown): string {
  const cause = thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown
  if (!DAMAGE.test(errorMessage(cause))) return reasonInWords(cause)
  return 'its store is damaged; put a copy of the folder in its place, or choose another with --data'
}
