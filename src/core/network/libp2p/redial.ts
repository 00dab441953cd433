import type { Millis } from '../../bytes/index.ts'
import type { PeerId } from '../network.ts'
import { peerOfAddress } from './addresses.ts'
import { createBackoff } from './backoff.ts'
import { dial } from './dial.ts'
import { listenTo } from './listen-to.ts'
import { connectionsTo, fromLibp2pPeer, toLibp2pPeer } from './peer-ids.ts'
import { createRetryTimer } from './retry-timer.ts'
import type { Scope } from './scope.ts'

const FIRST_RETRY: Millis = 1_000
const LAST_RETRY: Millis = 30_000
/** Whoever hangs up sooner than this is not asked more often than one that does not answer. */
const LASTING: Millis = 10_000
/** While connected: finds a loss that no event told. */
const CHECK_PERIOD: Millis = 30_000
/** Outweighs the mesh in the choice of connections to close when there are too many. */
const TAG = { 'starling-kept': { value: 1000 } }
const NO_TAG = { 'starling-kept': undefined }

export interface Keeper {
  /** Undefined until an address without `/p2p/` was answered. */
  peer(): PeerId | undefined
  /** Tries at once instead of at the end of the wait. */
  wake(): void
  stop(): void
}

/**
 * Keeps a connection to the peer at these addresses: libp2p gives up redialling a WebSocket after one try. An address
 * without `/p2p/` learns its peer from the first connection. Until it is stopped, either an attempt is under way, which
 * ends by itself, or the timer for the next look is set.
 * @param failed is called after each round in which no address answered
 */
export function keepConnected(scope: Scope, addresses: readonly string[], failed: () => void): Keeper {
  const backoff = createBackoff(FIRST_RETRY, LAST_RETRY, scope.jitter)
  const timer = createRetryTimer(scope.clock)
  let peer = addresses.map(peerOfAddress).find(found => found !== undefined)
  let connectedAt = scope.clock.now()
  let dialling = false
  let stopped = false
  if (peer !== undefined) tag(scope, peer, TAG)

  function isConnected(): boolean {
    return peer !== undefined && connectionsTo(scope.node, peer).length > 0
  }

  function isOver(): boolean {
    return stopped || scope.signal.aborted
  }

  function look(): void {
    if (isOver() || dialling) return
    if (isConnected()) return plan()
    timer.clear()
    dialling = true
    void attempt().finally(() => {
      dialling = false
      plan()
    })
  }

  async function attempt(): Promise<void> {
    try {
      peer = await dialTogether(scope, addresses)
    } catch {
      if (!isOver()) failed()
    }
  }

  function plan(): void {
    if (!isOver()) timer.set(isConnected() ? CHECK_PERIOD : backoff.next(), look)
  }

  const released = [
    listenTo(scope.node, 'peer:connect', connected => {
      if (fromLibp2pPeer(connected) === peer) connectedAt = scope.clock.now()
    }),
    listenTo(scope.node, 'peer:disconnect', gone => {
      if (fromLibp2pPeer(gone) !== peer || dialling) return
      if (scope.clock.now() - connectedAt > LASTING) backoff.reset()
      plan()
    })
  ]
  // Not before whoever made this has had a turn to listen for what fails.
  timer.set(0, look)

  return {
    peer: () => peer,
    wake() {
      backoff.reset()
      look()
    },
    stop() {
      if (stopped) return
      stopped = true
      timer.clear()
      for (const release of released) release()
      if (peer !== undefined) tag(scope, peer, NO_TAG)
    }
  }
}

/** By the addresses that are dialled. */
const underWay = new WeakMap<Scope['node'], Map<string, Promise<PeerId>>>()

/** Whoever keeps the same peer at the same time shares one dial: of two connections one is closed again, with all that runs on it. */
function dialTogether(scope: Scope, addresses: readonly string[]): Promise<PeerId> {
  const [dials, name] = [underWay.get(scope.node) ?? new Map<string, Promise<PeerId>>(), addresses.join()]
  underWay.set(scope.node, dials)
  const dialling = dials.get(name) ?? dial(scope, addresses).finally(() => dials.delete(name))
  dials.set(name, dialling)
  return dialling
}

function tag(scope: Scope, peer: PeerId, tags: typeof TAG | typeof NO_TAG): void {
  const id = toLibp2pPeer(peer)
  if (id !== undefined) void scope.node.peerStore.merge(id, { tags }).catch(() => undefined)
}
