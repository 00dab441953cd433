import type { AskPassphrase, IdentityVault } from '../../core/chat/index.ts'
import type { IdentityExport } from '../../core/identity/index.ts'
import { prepareDataFolder } from '../data/data-folder.ts'
import { waitForFolder } from '../data/wait-for-folder.ts'
import { EnvironmentError, NotAllowedError } from '../exits.ts'
import { findRunningPeer, type ApiClient } from './api-client.ts'
import { busy } from './open-access.ts'

/** Runs with the identity of a data folder: through the peer that runs there, or on the store alone. */
export async function withVault<T>(
  data: string,
  signal: AbortSignal,
  use: (vault: IdentityVault) => Promise<T>
): Promise<T> {
  await prepareDataFolder(data)
  const access = await waitForFolder(
    () => tryToOpen(data),
    () => busy(data),
    signal
  )
  try {
    return await use(access.vault)
  } finally {
    await access.close()
  }
}

interface VaultAccess {
  readonly vault: IdentityVault
  close(): Promise<void>
}

async function tryToOpen(data: string): Promise<VaultAccess | undefined> {
  const client = await findRunningPeer(data)
  if (client !== undefined) return { vault: runningVault(data, client), close: async () => undefined }
  const { tryToOpenStoredVault } = await import('./stored-vault.ts')
  return tryToOpenStoredVault(data)
}

/** The vault of a peer that another process runs; what is secret travels over its socket, which is this user's own. */
function runningVault(data: string, client: ApiClient): IdentityVault {
  // What comes from our own peer has the shape of the contract.
  const call = async <T>(path: string, body: object): Promise<T> =>
    (await client.call(path, { method: 'POST', body })).body as T
  const isProtected = async (): Promise<boolean> =>
    ((await client.call('/v1/id/protection')).body as { protected: boolean }).protected

  async function asking<T>(ask: AskPassphrase, path: string, body: object): Promise<T> {
    if (!(await isProtected())) return call(path, body)
    for (let wrong = 0; ; wrong += 1) {
      const current = await ask(wrong)
      try {
        return await call(path, { ...body, current })
      } catch (thrown) {
        if (!(thrown instanceof NotAllowedError)) throw thrown
      }
    }
  }

  async function inUse(): Promise<never> {
    throw new EnvironmentError(
      `the data folder ${data} is in use by a running peer: stop it, or choose another with --data`
    )
  }

  return {
    isProtected,
    async setPassphrase(next, ask) {
      await asking(ask, '/v1/id/passphrase', { next })
    },
    exportIdentity: (passphrase, ask) => asking<IdentityExport>(ask, '/v1/id/export', { passphrase }),
    phrase: async ask => (await asking<{ phrase: string }>(ask, '/v1/id/phrase', {})).phrase,
    importExport: inUse,
    importPhrase: inUse,
    checkImport: inUse
  }
}
