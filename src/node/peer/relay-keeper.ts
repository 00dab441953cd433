import { systemClock, systemRandom } from '../../core/bytes/index.ts'
import { openKeeper, type Keeper } from '../../core/chat/index.ts'
import { openStorage } from '../../core/log/index.ts'
import type { NodeDatabase } from '../data/node-database.ts'

/** The keeper of a relay, in the relay's own store. */
export async function openRelayKeeper(database: NodeDatabase, quota: number): Promise<Keeper> {
  return openKeeper({
    storage: await openStorage(database),
    clock: systemClock,
    random: systemRandom,
    quota
  })
}
