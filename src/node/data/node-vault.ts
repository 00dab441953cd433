import { encodeUtf8, systemClock, systemRandom } from '../../core/bytes/index.ts'
import { createIdentityVault, type IdentityVault } from '../../core/chat/index.ts'
import type { Storage } from '../../core/log/index.ts'
import { compactRange, type NodeDatabase } from './node-database.ts'

/** The peer's own records, of which one is the identity. */
const RECORDS: readonly [Uint8Array, Uint8Array] = [encodeUtf8('p!'), encodeUtf8('p"')]

/** The vault of a data folder. LevelDB keeps what was overwritten until it compacts: after a change it does so at once. */
export function nodeVault(storage: Storage, database: NodeDatabase, addresses?: () => string[]): IdentityVault {
  const vault = createIdentityVault({
    storage,
    clock: systemClock,
    random: systemRandom,
    ...(addresses && { addresses })
  })
  return {
    ...vault,
    async setPassphrase(next, ask) {
      await vault.setPassphrase(next, ask)
      // The passphrase holds by now; on a full disk the former record stays until LevelDB finds room.
      await compactRange(database, ...RECORDS).catch(() => undefined)
    }
  }
}
