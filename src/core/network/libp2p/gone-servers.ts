import type { PeerId as Libp2pPeerId } from '@libp2p/interface'
import type { Millis } from '../../bytes/index.ts'
import { listenTo } from './listen-to.ts'
import { pause } from './pause.ts'
import type { Scope } from './scope.ts'

/** Who started anew, or lost a connection alone, is back by then. */
const BACK_WITHIN: Millis = 5_000

/** What kad-dht has behind its public type (`@libp2p/kad-dht` 16.4.5, kad-dht.js). */
interface Internals {
  readonly routingTable: { remove(peer: Libp2pPeerId): Promise<void> }
}

/**
 * Who serves the DHT names no server any more that has left: kad-dht keeps each until its bucket is full, and whoever searches or announces waits
 * for every one that has gone. One that is there after all comes back into the table when it connects or is named. Who searches alone forgets
 * nobody: it may come to know no other.
 */
export function forgetGoneServers({ node, clock, signal }: Scope): () => void {
  return listenTo(node, 'peer:disconnect', async gone => {
    await pause(clock, BACK_WITHIN, signal)
    const { dht } = node.services
    if (signal.aborted || dht?.getMode() !== 'server') return
    const isBack = node.getConnections(gone).length > 0
    // Where nobody is left, it is this device that has gone.
    const isOnline = node.getPeers().length > 0
    if (isOnline && !isBack) await (dht as unknown as Internals).routingTable.remove(gone).catch(() => undefined)
  })
}
