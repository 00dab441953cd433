import { CappedMap, type Millis } from '../../bytes/index.ts'
import type { PeerId } from '../network.ts'
import { isRelayed, withPeer } from './addresses.ts'
import { createBackoff, type Backoff } from './backoff.ts'
import { dial } from './dial.ts'
import { listenTo } from './listen-to.ts'
import { connectionsTo, fromLibp2pPeer } from './peer-ids.ts'
import { createRetryTimer, type RetryTimer } from './retry-timer.ts'
import type { Scope } from './scope.ts'

/** The peer with the greater PeerId gives the other this much time to dial. */
const FOLLOW_AFTER: Millis = 3_000
/** Peers remembered as wanted; the one that was heard of least recently is forgotten first. */
const MAX_REMEMBERED = 256
/** Dials under way at a time; the others wait their turn. */
const MAX_DIALLING = 8
const FIRST_RETRY: Millis = 5_000
const LAST_RETRY: Millis = 5 * 60 * 1000
/** Tries in a row without being named again. */
const MAX_TRIES = 4

export interface DiscoveredPeers {
  /** Somebody worth knowing is said to be at these addresses. */
  found(peer: PeerId, addresses: readonly string[]): void
  stop(): void
}

interface Candidate {
  readonly peer: PeerId
  addresses: Set<string>
  readonly timer: RetryTimer
  readonly backoff: Backoff
  tries: number
  dialling: boolean
  notBefore: Millis
  /** Aborted once the first circuit to it is known, and in the end. */
  readonly withoutCircuit: AbortController
}

/**
 * Dials peers that were discovered. Of two that discover each other, the one with the smaller PeerId dials at once and
 * the other follows, else each pair would end up with four connections. A lost one is dialled again by the same rule.
 */
export function createDiscoveredPeers(scope: Scope): DiscoveredPeers {
  const self = fromLibp2pPeer(scope.node.peerId)
  const candidates = new CappedMap<PeerId, Candidate>(MAX_REMEMBERED)
  const queue: Candidate[] = []
  let dialling = 0

  function found(peer: PeerId, addresses: readonly string[]): void {
    if (peer === self || addresses.length === 0) return
    const candidate = candidates.get(peer) ?? create(scope, peer)
    const circuits = [...candidate.addresses].filter(isRelayed)
    // The DHT tells them without the peer: libp2p would take the relay of a circuit for it, and refuses circuits of two relays.
    const news = addresses.map(address => withPeer(address, peer))
    // Of two who tell, one may know it from before it had relays.
    candidate.addresses = new Set(news.some(isRelayed) ? news : [...news, ...circuits])
    candidate.tries = 0
    if (addresses.some(isRelayed)) startOver(candidate)
    candidates.set(peer, candidate)
    plan(candidate)
  }

  /**
   * Who has just come is found before it has a relay: of the addresses of its own networks each may take its full time to fail, and what
   * waits for them waits no longer. Once: records that lose their circuits and get them back gain nothing.
   */
  function startOver(candidate: Candidate): void {
    if (candidate.withoutCircuit.signal.aborted) return
    candidate.withoutCircuit.abort()
    candidate.backoff.reset()
    candidate.notBefore = 0
    candidate.timer.clear()
  }

  function plan(candidate: Candidate): void {
    if (candidate.dialling || candidate.timer.pending || isConnected(candidate)) return
    const turn = self < candidate.peer ? 0 : FOLLOW_AFTER
    candidate.timer.set(Math.max(turn, candidate.notBefore - scope.clock.now()), () => enqueue(candidate))
  }

  function enqueue(candidate: Candidate): void {
    if (candidates.get(candidate.peer) !== candidate || isConnected(candidate)) return
    candidate.dialling = true
    queue.push(candidate)
    next()
  }

  function next(): void {
    if (dialling >= MAX_DIALLING || scope.signal.aborted) return
    // What was pushed out of the map while it waited here is not dialled.
    let candidate = queue.shift()
    while (candidate !== undefined && candidates.get(candidate.peer) !== candidate) candidate = queue.shift()
    if (candidate === undefined) return
    dialling++
    void attempt(candidate).finally(() => {
      dialling--
      next()
    })
  }

  async function attempt(candidate: Candidate): Promise<void> {
    const { signal: superseded } = candidate.withoutCircuit
    const hasCircuit = superseded.aborted
    const signal = hasCircuit ? scope.signal : superseded
    try {
      if (!isConnected(candidate)) await dial({ ...scope, signal }, [...candidate.addresses])
      candidate.backoff.reset()
    } catch {
      if (hasCircuit === superseded.aborted) candidate.notBefore = scope.clock.now() + candidate.backoff.next()
    }
    candidate.dialling = false
    if (!isConnected(candidate) && !scope.signal.aborted && ++candidate.tries < MAX_TRIES) plan(candidate)
  }

  function isConnected(candidate: Candidate): boolean {
    return connectionsTo(scope.node, candidate.peer).length > 0
  }

  const release = listenTo(scope.node, 'peer:disconnect', gone => {
    const candidate = candidates.get(fromLibp2pPeer(gone))
    if (candidate === undefined || scope.signal.aborted) return
    candidate.tries = 0
    plan(candidate)
  })
  return {
    found,
    stop() {
      release()
      for (const { timer, withoutCircuit } of candidates.values()) {
        timer.clear()
        withoutCircuit.abort()
      }
      candidates.clear()
      queue.length = 0
    }
  }
}

function create(scope: Scope, peer: PeerId): Candidate {
  const timer = createRetryTimer(scope.clock)
  const backoff = createBackoff(FIRST_RETRY, LAST_RETRY, scope.jitter)
  return {
    peer,
    addresses: new Set(),
    timer,
    backoff,
    tries: 0,
    dialling: false,
    notBefore: 0,
    withoutCircuit: new AbortController()
  }
}
