import { CappedMap, type Millis } from '../../bytes/index.ts'
import type { PeerId } from '../network.ts'
import type { PathReason } from '../path-reasons.ts'
import { createBackoff, type Backoff } from './backoff.ts'
import { tryBetterWays } from './better-ways.ts'
import type { Connections, Tracked } from './connections.ts'
import { identified } from './identified.ts'
import { fromLibp2pPeer } from './peer-ids.ts'
import type { Punching } from './punch/punching.ts'
import { createRetryTimer, type RetryTimer } from './retry-timer.ts'
import type { Scope } from './scope.ts'

/** Whoever connects opens more than one connection at times. */
const FIRST_TRY: Millis = 300
/** The peer with the greater PeerId gives the other this much time. */
const FOLLOW_AFTER: Millis = 3_000
const FIRST_RETRY: Millis = 4_000
const LAST_RETRY: Millis = 2 * 60 * 1000
/** As many as a relay has connections. */
const MAX_PEERS = 1024

export interface Upgrades {
  /** The connections of the peer have changed. */
  changed(peer: PeerId): void
  /** What came of looking for a better way to the peer. */
  of(peer: PeerId): UpgradeSearch
  wake(): void
  stop(): void
}

export interface UpgradeSearch {
  /** Rounds in which no better way was found, while the peer is relayed. */
  readonly tries: number
  /** What the last round came to, also after a way was found that is not the best. */
  readonly reasons: readonly PathReason[]
  /** Time until the next round: 0 while one runs, undefined when there will be none. */
  readonly nextTry: Millis | undefined
}

interface Attempt {
  readonly timer: RetryTimer
  readonly backoff: Backoff
  running: boolean
  tries: number
  due: Millis
}

/**
 * Looks for a better way to peers that are reached through a relay only. The circuit is never touched here: a try that
 * fails leaves everything as it was.
 */
export function createUpgrades(
  scope: Scope,
  connections: Connections,
  punching: Pick<Punching, 'punch' | 'reasonOf'> | undefined,
  failed: (peer: PeerId) => void
): Upgrades {
  const attempts = new Map<PeerId, Attempt>()
  const failures = new CappedMap<PeerId, readonly PathReason[]>(MAX_PEERS)
  const self = fromLibp2pPeer(scope.node.peerId)

  function changed(peer: PeerId): void {
    const all = connections.of(peer)
    if (all.length === 0) failures.delete(peer)
    if (all.length === 0 || all.some(isBetter)) return forget(peer)
    // A WebRTC connection that is being proved counts as on its way; most that ICE did not make are closed again.
    if (attempts.has(peer) || isProving(all)) return
    const timer = createRetryTimer(scope.clock)
    const backoff = createBackoff(FIRST_RETRY, LAST_RETRY, scope.jitter)
    const attempt = { timer, backoff, running: false, tries: 0, due: 0 }
    attempts.set(peer, attempt)
    // Whose turn it is to punch does not go by the PeerId.
    plan(peer, attempt, FIRST_TRY, self < peer ? 'all ways' : 'punching alone')
  }

  function plan(peer: PeerId, attempt: Attempt, delay: Millis, ways: 'all ways' | 'punching alone'): void {
    attempt.due = scope.clock.now() + delay
    attempt.timer.set(delay, () => void run(peer, attempt, ways))
  }

  async function run(peer: PeerId, attempt: Attempt, ways: 'all ways' | 'punching alone'): Promise<void> {
    if (attempt.running || scope.signal.aborted) return
    if (isProving(connections.of(peer))) return plan(peer, attempt, FOLLOW_AFTER, ways)
    attempt.running = true
    await identified(scope, peer)
    if (attempts.get(peer) !== attempt) return
    // A hole is punched while addresses that may lead nowhere are tried: each way takes its time to fail.
    const addresses = ways === 'all ways' ? tryBetterWays(scope, peer, connections.of(peer), tell) : undefined
    const hole = punching?.punch(peer).catch(() => tellIfSearching())
    await Promise.allSettled([hole, addresses])
    attempt.running = false
    if (ways === 'all ways') attempt.tries++
    const pause = ways === 'all ways' ? attempt.backoff.next() : FOLLOW_AFTER
    if (attempts.get(peer) !== attempt) return
    plan(peer, attempt, pause, 'all ways')
    if (ways === 'all ways') failed(peer)

    /** The rest of the round may take half a minute. */
    function tell(reasons: readonly PathReason[]): void {
      // What the round before came to says more than that WebRTC is tried again.
      if (reasons.includes('webrtc-trying') && failures.has(peer)) return
      failures.set(peer, reasons)
      tellIfSearching()
    }

    function tellIfSearching(): void {
      if (attempts.get(peer) === attempt) failed(peer)
    }
  }

  function forget(peer: PeerId): void {
    attempts.get(peer)?.timer.clear()
    attempts.delete(peer)
  }

  return {
    changed,
    of(peer) {
      const attempt = attempts.get(peer)
      const tried = failures.get(peer) ?? []
      const punch = punching?.reasonOf(peer)
      return {
        tries: attempt?.tries ?? 0,
        reasons: punch === undefined ? tried : withPunch(tried, punch),
        nextTry: attempt && (attempt.running ? 0 : Math.max(0, Math.round(attempt.due - scope.clock.now())))
      }
    },
    wake() {
      for (const [peer, attempt] of attempts) {
        attempt.backoff.reset()
        plan(peer, attempt, FIRST_TRY, 'all ways')
      }
    },
    stop() {
      for (const peer of [...attempts.keys()]) forget(peer)
    }
  }
}

function isBetter({ path, usable }: Tracked): boolean {
  return path !== 'relayed' && usable
}

function isProving(all: readonly Tracked[]): boolean {
  return all.some(({ usable }) => !usable)
}

/** In the order in which ways are better: after the addresses, before WebRTC. */
function withPunch(tried: readonly PathReason[], punch: PathReason): PathReason[] {
  const byAddress = tried.filter(reason => !reason.startsWith('webrtc'))
  return [...byAddress, punch, ...tried.filter(reason => reason.startsWith('webrtc'))]
}
