import { prepareDataFolder } from '../data/data-folder.ts'
import { isAlive, readOwner } from '../data/owner.ts'
import { waitForFolder } from '../data/wait-for-folder.ts'
import { EnvironmentError } from '../exits.ts'
import { findRunningPeer } from './api-client.ts'
import type { PeerAccess } from './peer-access.ts'
import { runningPeer, type RunningPeer } from './running-peer.ts'
import type { StoredPeer } from './stored-peer.ts'

export type Access =
  | { readonly kind: 'running'; readonly peer: RunningPeer }
  | { readonly kind: 'stored'; readonly stored: StoredPeer }

/** The peer of the data folder: the running one, else the store, which nobody else may own meanwhile. */
export async function openAccess(data: string, signal: AbortSignal): Promise<Access> {
  await prepareDataFolder(data)
  return waitForFolder(
    () => tryToOpen(data),
    () => busy(data),
    signal
  )
}

async function tryToOpen(data: string): Promise<Access | undefined> {
  const client = await findRunningPeer(data)
  if (client !== undefined) return { kind: 'running', peer: runningPeer(client) }
  // Loads the encryption and the store, which a command to a running peer does without.
  const { tryToOpenStoredPeer } = await import('./stored-peer.ts')
  const stored = await tryToOpenStoredPeer(data)
  return stored === undefined ? undefined : { kind: 'stored', stored }
}

/** Runs with whichever peer there is, and lets go of it afterwards. */
export async function withAccess<T>(
  data: string,
  signal: AbortSignal,
  use: (peer: PeerAccess) => Promise<T>
): Promise<T> {
  const access = await openAccess(data, signal)
  const peer = access.kind === 'running' ? access.peer : await storedAccess(access.stored)
  try {
    return await use(peer)
  } finally {
    await peer.close()
  }
}

async function storedAccess(stored: StoredPeer): Promise<PeerAccess> {
  return (await import('./stored-peer.ts')).storedPeerAccess(stored)
}

async function busy(data: string): Promise<EnvironmentError> {
  const owner = await readOwner(data)
  const who = owner !== undefined && isAlive(owner.pid) ? `process ${owner.pid}` : 'another process'
  return new EnvironmentError(`the data folder ${data} is in use by ${who}, which does not answer: try again later`)
}
