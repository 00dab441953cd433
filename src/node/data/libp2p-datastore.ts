import { LevelDatastore } from 'datastore-level'
import type { Level } from 'level'
import { isDiskFull } from '../exits.ts'
import type { NodeDatabase } from './node-database.ts'

/** Where libp2p keeps its key, its WebRTC certificate and what it knows of peers, beside the rooms. */
export function libp2pDatastore(database: NodeDatabase): LevelDatastore {
  const part: unknown = database.sublevel<string, Uint8Array>('libp2p', { keyEncoding: 'utf8', valueEncoding: 'view' })
  // Its type asks for a whole `Level`, of which it uses the methods that a sublevel has.
  return new PeerDatastore(part as Level<string, Uint8Array>)
}

/** What libp2p knows of peers it learns again: on a full disk it goes on without, and stops without a failure. */
class PeerDatastore extends LevelDatastore {
  override async put(...[key, value, options]: Parameters<LevelDatastore['put']>): Promise<typeof key> {
    try {
      return await super.put(key, value, options)
    } catch (thrown) {
      if (isDiskFull(thrown) && key.toString().startsWith('/peers/')) return key
      throw thrown
    }
  }
}
