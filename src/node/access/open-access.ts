import type { AskPassphrase } from '../../core/chat/index.ts'
import { prepareDataFolder } from '../data/data-folder.ts'
import { isAlive, readOwner } from '../data/owner.ts'
import { waitForFolder } from '../data/wait-for-folder.ts'
import { EnvironmentError, isDiskFull } from '../exits.ts'
import { findRunningPeer } from './api-client.ts'
import { typedPassphraseAsker, type ProtectedData } from './passphrase.ts'
import type { PeerAccess } from './peer-access.ts'
import { runningPeer, type RunningPeer } from './running-peer.ts'
import type { StoredPeer } from './stored-peer.ts'

export type Access =
  | { readonly kind: 'running'; readonly peer: RunningPeer }
  | { readonly kind: 'stored'; readonly stored: StoredPeer }

/** Tells that the disk is full, so that what is read is what is stored, and what is written is lost. */
export type OnFull = () => void

/**
 * The peer of the data folder: the running one, else the store, which nobody else may own meanwhile. Who only reads can do
 * so on a full disk, too, and gives `onFull`.
 */
export async function openAccess(folder: ProtectedData, signal: AbortSignal, onFull?: OnFull): Promise<Access> {
  const { data } = folder
  await prepareDataFolder(data)
  const ask = typedPassphraseAsker(folder, signal)
  return waitForFolder(
    () => tryToOpen(data, ask, onFull),
    () => busy(data),
    signal
  )
}

async function tryToOpen(data: string, ask: AskPassphrase, onFull: OnFull | undefined): Promise<Access | undefined> {
  const client = await findRunningPeer(data)
  if (client !== undefined) return { kind: 'running', peer: runningPeer(client) }
  // Loads the encryption and the store, which a command to a running peer does without.
  const { tryToOpenStoredPeer, viewStoredPeer } = await import('./stored-peer.ts')
  const stored = await tryToOpenStoredPeer(data, ask).catch(async (thrown: unknown) => {
    const viewed = onFull !== undefined && isDiskFull(thrown) ? await viewStoredPeer(data, ask) : undefined
    if (viewed === undefined) throw thrown
    onFull?.()
    return viewed
  })
  return stored === undefined ? undefined : { kind: 'stored', stored }
}

/** Runs with whichever peer there is, and lets go of it afterwards. */
export async function withAccess<T>(
  folder: ProtectedData,
  signal: AbortSignal,
  use: (peer: PeerAccess) => Promise<T>,
  onFull?: OnFull
): Promise<T> {
  const access = await openAccess(folder, signal, onFull)
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

export async function busy(data: string): Promise<EnvironmentError> {
  const owner = await readOwner(data)
  const who = owner !== undefined && isAlive(owner.pid) ? `process ${owner.pid}` : 'another process'
  return new EnvironmentError(`the data folder ${data} is in use by ${who}, which does not answer: try again later`)
}
