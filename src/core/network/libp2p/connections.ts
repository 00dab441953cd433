import type { Connection, PeerId as Libp2pPeerId } from '@libp2p/interface'
import type { Millis } from '../../bytes/index.ts'
import type { Path, PeerConnection, PeerId } from '../network.ts'
import { comparePaths, pathOfAddress } from './addresses.ts'
import { spread } from './backoff.ts'
import { withDeadline } from './deadline.ts'
import { iceReportOf } from './ice.ts'
import { listenTo } from './listen-to.ts'
import { fromLibp2pPeer } from './peer-ids.ts'
import { ping } from './ping.ts'
import { createRetryTimer, type RetryTimer } from './retry-timer.ts'
import type { Scope } from './scope.ts'

const PING_PERIOD: Millis = 30_000
/** A silent connection is asked once more after this. */
const PING_AGAIN: Millis = 2_000
const PING_LIMIT: Millis = 10_000
/** A WebRTC connection that works answers its first ping within this, by TURN, too. */
const PROOF_LIMIT: Millis = 5_000
/** Whoever is still there answers within this, by TURN and on a busy device, too. */
const SUSPECT_LIMIT: Millis = 2_500
/** Smaller changes of the round trip are noise. */
const RTT_CHANGE: Millis = 20
const RTT_CHANGE_SHARE = 0.5
/** A connection dies after this many pings in a row without answer. */
const SILENT_PINGS = 2

export interface Tracked {
  readonly connection: Connection
  /** By its address; that a TURN server is in between shows once ICE is done. */
  path: Path
  readonly address: string
  /** Somebody is known to be at the other end. */
  usable: boolean
  rtt: Millis | undefined
  silent: number
  /** There is a sign that the other end has gone: the next ping decides. */
  suspected: boolean
  readonly timer: RetryTimer
}

export interface Connections {
  peers(): PeerConnection[]
  ids(): PeerId[]
  /** All connections of the peer, best first. */
  of(peer: PeerId): Tracked[]
  best(peer: PeerId): Tracked | undefined
  /** There is a sign that the peer has gone: asks on its WebRTC connections, which would not notice for 15 s. */
  suspect(peer: PeerId): void
  /** Asks all at once whether they are still there. */
  wake(): void
  /** This machine's addresses have changed: asks all, and whoever does not answer soon is no longer there. */
  moved(): void
  stop(): void
}

export interface ConnectionListeners {
  /** Whether a connection to this address that opens now comes of a hole that was punched. */
  isPunched(address: string): boolean
  /** The best path has changed, gone, or is measured anew. */
  shown(connection: PeerConnection): void
  /** A connection of the peer has opened, closed or proved itself. */
  changed(peer: PeerId): void
}

/**
 * Which connections there are, which of them is the best, and how long a round trip takes. A WebRTC connection counts
 * only after a ping: the listening side reports one even when ICE has failed.
 */
export function createConnections(scope: Scope, listeners: ConnectionListeners): Connections {
  const known = new Map<PeerId, Map<string, Tracked>>()
  const shown = new Map<PeerId, PeerConnection>()
  const self = fromLibp2pPeer(scope.node.peerId)

  function of(peer: PeerId): Tracked[] {
    return [...(known.get(peer)?.values() ?? [])].sort((a, b) => compare(self, a, b))
  }
  function best(peer: PeerId): Tracked | undefined {
    return of(peer).find(tracked => tracked.usable && tracked.connection.status === 'open')
  }

  function opened(connection: Connection): void {
    const peer = fromLibp2pPeer(connection.remotePeer)
    const all = known.get(peer) ?? new Map<string, Tracked>()
    if (connection.status !== 'open' || all.has(connection.id) || scope.strangers?.has(peer) === true) return
    const tracked = track(scope, connection, listeners)
    all.set(connection.id, tracked)
    known.set(peer, all)
    refresh(peer)
    void measure(peer, tracked)
  }

  function closed(connection: Connection): void {
    const peer = fromLibp2pPeer(connection.remotePeer)
    const all = known.get(peer)
    const tracked = all?.get(connection.id)
    if (all === undefined || tracked === undefined) return
    tracked.timer.clear()
    all.delete(connection.id)
    if (all.size === 0) known.delete(peer)
    refresh(peer)
    suspect(peer)
  }

  function suspect(peer: PeerId): void {
    for (const tracked of of(peer)) {
      if (tracked.path === 'webrtc' || tracked.path === 'turn') doubt(peer, tracked)
    }
  }

  /**
   * Who comes by another network could not hang up what went by the one before; who answers on the connection they opened answers on that,
   * too, or has left it. One that is worse is used by nobody, and may take its time.
   */
  function doubtEarlier(peer: PeerId, proved: Tracked): void {
    for (const earlier of of(peer)) {
      const isEarlier = earlier.connection.timeline.open < proved.connection.timeline.open
      if (isEarlier && comparePaths(earlier.path, proved.path) <= 0) doubt(peer, earlier)
    }
  }

  function doubt(peer: PeerId, tracked: Tracked): void {
    if (!tracked.usable || tracked.suspected) return
    tracked.suspected = true
    tracked.timer.clear()
    void measure(peer, tracked)
  }

  async function measure(peer: PeerId, tracked: Tracked): Promise<void> {
    try {
      const isFirst = tracked.rtt === undefined
      const limit = pingLimit(tracked)
      tracked.rtt = await withDeadline(scope.clock, limit, scope.signal, signal => ping(tracked.connection, signal))
      if (!tracked.usable && (await leadsThroughTurn(tracked.connection))) tracked.path = 'turn'
      tracked.silent = 0
      tracked.suspected = false
      heard(peer, tracked)
      if (isFirst && tracked.connection.direction === 'inbound') doubtEarlier(peer, tracked)
    } catch {
      if (!scope.signal.aborted) unheard(peer, tracked)
    }
  }

  function heard(peer: PeerId, tracked: Tracked): void {
    const proved = !tracked.usable
    tracked.usable = true
    if (tracked.connection.status !== 'open') return
    tracked.timer.set(spread(PING_PERIOD, scope.jitter), () => void measure(peer, tracked))
    if (proved) refresh(peer)
    else show(peer)
  }

  function unheard(peer: PeerId, tracked: Tracked): void {
    if (tracked.connection.status !== 'open') return
    tracked.silent++
    if (!tracked.usable || tracked.suspected || tracked.silent >= SILENT_PINGS) {
      tracked.connection.abort(new Error('nobody answers on this connection'))
      return
    }
    tracked.timer.set(PING_AGAIN, () => void measure(peer, tracked))
  }

  function refresh(peer: PeerId): void {
    show(peer)
    listeners.changed(peer)
  }

  function show(peer: PeerId): void {
    const before = shown.get(peer)
    const now = describe(peer, best(peer), before)
    if (now === undefined || (before !== undefined && isSame(before, now))) return
    if (now.path === 'none') shown.delete(peer)
    else shown.set(peer, now)
    listeners.shown(now)
  }

  const released = [listenTo(scope.node, 'connection:open', opened), listenTo(scope.node, 'connection:close', closed)]

  return {
    peers: () => [...known.keys()].flatMap(peer => describe(peer, best(peer), undefined) ?? []),
    ids: () => [...known.keys()],
    of,
    best,
    suspect,
    wake() {
      for (const [peer, all] of known) {
        for (const tracked of all.values()) tracked.timer.set(0, () => void measure(peer, tracked))
      }
    },
    moved() {
      for (const [peer, all] of known) for (const tracked of all.values()) doubt(peer, tracked)
    },
    stop() {
      for (const release of released) release()
      for (const all of known.values()) for (const tracked of all.values()) tracked.timer.clear()
    }
  }
}

async function leadsThroughTurn(connection: Connection): Promise<boolean> {
  const pair = (await iceReportOf(connection))?.pair
  return pair?.local === 'relay' || pair?.remote === 'relay'
}

function track(scope: Scope, connection: Connection, listeners: ConnectionListeners): Tracked {
  const address = connection.remoteAddr.toString()
  const path = listeners.isPunched(address) ? 'punched' : pathOfAddress(address)
  const usable = path !== 'webrtc'
  const timer = createRetryTimer(scope.clock)
  return { connection, path, address, usable, rtt: undefined, silent: 0, suspected: false, timer }
}

function pingLimit({ usable, suspected }: Tracked): Millis {
  if (!usable) return PROOF_LIMIT
  return suspected ? SUSPECT_LIMIT : PING_LIMIT
}

/**
 * Both sides must find the same connection best: by path, then the one that the peer with the smaller PeerId opened,
 * then the older.
 */
function compare(self: PeerId, a: Tracked, b: Tracked): number {
  return (
    comparePaths(a.path, b.path) ||
    Number(openedBySmaller(self, b.connection)) - Number(openedBySmaller(self, a.connection)) ||
    a.connection.timeline.open - b.connection.timeline.open
  )
}

function openedBySmaller(self: PeerId, connection: { remotePeer: Libp2pPeerId; direction: string }): boolean {
  return self < connection.remotePeer.toString() === (connection.direction === 'outbound')
}

function describe(
  peer: PeerId,
  best: Tracked | undefined,
  before: PeerConnection | undefined
): PeerConnection | undefined {
  if (best !== undefined) return { peer, path: best.path, rtt: best.rtt, address: best.address }
  return before === undefined ? undefined : { peer, path: 'none', rtt: undefined, address: before.address }
}

function isSame(before: PeerConnection, now: PeerConnection): boolean {
  return before.path === now.path && before.address === now.address && isSameRtt(before.rtt, now.rtt)
}

function isSameRtt(before: Millis | undefined, now: Millis | undefined): boolean {
  if (now === undefined) return true
  if (before === undefined) return false
  const change = Math.abs(now - before)
  return change <= RTT_CHANGE || change <= before * RTT_CHANGE_SHARE
}
