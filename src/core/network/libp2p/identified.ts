import type { Millis } from '../../bytes/index.ts'
import type { PeerId } from '../network.ts'
import { listenTo } from './listen-to.ts'
import { pause } from './pause.ts'
import { fromLibp2pPeer, toLibp2pPeer } from './peer-ids.ts'
import type { Scope } from './scope.ts'

/** Over a circuit identify takes a few round trips, and longer where a side is busy; who does not answer by then may not at all. */
const IDENTIFY_LIMIT: Millis = 5_000

/** Resolves once the peer has told its addresses and protocols, or does not. */
export async function identified(scope: Scope, peer: PeerId): Promise<void> {
  const ended = new AbortController()
  const release = listenTo(scope.node, 'peer:identify', ({ peerId }) => {
    if (fromLibp2pPeer(peerId) === peer) ended.abort()
  })
  try {
    const id = toLibp2pPeer(peer)
    const known = id && (await scope.node.peerStore.get(id).catch(() => undefined))
    // Of protocols there is one as soon as a stream is opened.
    if (known?.metadata.has('AgentVersion') === true) return
    await pause(scope.clock, IDENTIFY_LIMIT, AbortSignal.any([scope.signal, ended.signal]))
  } finally {
    release()
  }
}
