import { LevelDatastore } from 'datastore-level'
import type { Level } from 'level'
import type { NodeDatabase } from './node-database.ts'

/** Where libp2p keeps its key, its WebRTC certificate and what it knows of peers, beside the rooms. */
export function libp2pDatastore(database: NodeDatabase): LevelDatastore {
  const part: unknown = database.sublevel<string, Uint8Array>('libp2p', { keyEncoding: 'utf8', valueEncoding: 'view' })
  // Its type asks for a whole `Level`, of which it uses the methods that a sublevel has.
  return new LevelDatastore(part as Level<string, Uint8Array>)
}
