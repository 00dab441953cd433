import { encodeUtf8 } from '../../core/bytes/index.ts'
import type { NodeDatabase } from './node-database.ts'

/** Keys deleted in one write. */
const BATCH = 1000

/** Erases all that is stored of a room, piece by piece: a room can be larger than what fits in memory. */
export async function eraseRoom(database: NodeDatabase, store: string): Promise<void> {
  // Keys of `core/log/level-storage.ts`: `r!`, the store's name, `!`, and what is in it.
  const range = { gte: encodeUtf8(`r!${store}!`), lt: encodeUtf8(`r!${store}"`), limit: BATCH }
  for (;;) {
    const keys = await database.keys(range).all()
    if (keys.length === 0) return
    await database.batch(keys.map(key => ({ type: 'del', key })))
  }
}
