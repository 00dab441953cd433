import type { IdentityVault } from '../../core/chat/index.ts'
import { openStorage } from '../../core/log/index.ts'
import { nodeVault } from '../data/node-vault.ts'
import { tryToOwnData } from '../data/open-data.ts'

/** The identity of a data folder that nobody else owns meanwhile; undefined when another process does. */
export async function tryToOpenStoredVault(
  data: string
): Promise<{ vault: IdentityVault; close: () => Promise<void> } | undefined> {
  const owned = await tryToOwnData(data, 'command')
  if (owned === undefined) return undefined
  try {
    const storage = await openStorage(owned.database)
    const close = async (): Promise<void> => {
      await owned.release()
      await storage.close()
    }
    return { vault: nodeVault(storage, owned.database), close }
  } catch (thrown) {
    await owned.release()
    await owned.database.close()
    throw thrown
  }
}
