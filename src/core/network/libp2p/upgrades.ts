import type { Multiaddr } from '@multiformats/multiaddr'
import type { Millis } from '../../bytes/index.ts'
import type { PeerId } from '../network.ts'
import { comparePaths, pathOfAddress, webrtcOverCircuit, withPeer } from './addresses.ts'
import { createBackoff, type Backoff } from './backoff.ts'
import type { Connections, Tracked } from './connections.ts'
import { dialableAddresses, dialInTurn } from './dial.ts'
import { DIAL_TIMEOUT } from './node.ts'
import { fromLibp2pPeer, toLibp2pPeer } from './peer-ids.ts'
import { createRetryTimer, type RetryTimer } from './retry-timer.ts'
import type { Scope } from './scope.ts'

/** The addresses of the other side arrive with identify, right after the connection. */
const FIRST_TRY: Millis = 300
/** The peer with the greater PeerId gives the other this much time. */
const FOLLOW_AFTER: Millis = 3_000
const FIRST_RETRY: Millis = 4_000
const LAST_RETRY: Millis = 2 * 60 * 1000

export interface Upgrades {
  /** The connections of the peer have changed. */
  changed(peer: PeerId): void
  /** Rounds in which no better way to the relayed peer was found. */
  triesOf(peer: PeerId): number
  wake(): void
  stop(): void
}

interface Attempt {
  readonly timer: RetryTimer
  readonly backoff: Backoff
  running: boolean
  tries: number
}

/**
 * Looks for a better way to peers that are reached through a relay only. The circuit is never touched here: a try that
 * fails leaves everything as it was.
 */
export function createUpgrades(
  scope: Scope,
  connections: Connections,
  punch: (peer: PeerId) => Promise<void> = async () => undefined
): Upgrades {
  const attempts = new Map<PeerId, Attempt>()
  const self = fromLibp2pPeer(scope.node.peerId)

  function changed(peer: PeerId): void {
    if (!needsUpgrade(connections.of(peer))) return forget(peer)
    if (attempts.has(peer)) return
    const timer = createRetryTimer(scope.clock)
    const backoff = createBackoff(FIRST_RETRY, LAST_RETRY, scope.jitter)
    const attempt = { timer, backoff, running: false, tries: 0 }
    attempts.set(peer, attempt)
    // Whose turn it is to punch does not go by the PeerId.
    timer.set(FIRST_TRY, () => void run(peer, attempt, self < peer ? 'all ways' : 'punching alone'))
  }

  async function run(peer: PeerId, attempt: Attempt, ways: 'all ways' | 'punching alone'): Promise<void> {
    if (attempt.running || scope.signal.aborted) return
    attempt.running = true
    // A hole is punched while addresses that may lead nowhere are tried: each way takes its time to fail.
    const addresses = ways === 'all ways' ? tryBetter(scope, peer, connections.of(peer)) : undefined
    await Promise.allSettled([punch(peer), addresses])
    attempt.running = false
    if (ways === 'all ways') attempt.tries++
    const pause = ways === 'all ways' ? attempt.backoff.next() : FOLLOW_AFTER
    if (attempts.get(peer) === attempt) attempt.timer.set(pause, () => void run(peer, attempt, 'all ways'))
  }

  function forget(peer: PeerId): void {
    attempts.get(peer)?.timer.clear()
    attempts.delete(peer)
  }

  return {
    changed,
    triesOf: peer => attempts.get(peer)?.tries ?? 0,
    wake() {
      for (const [peer, attempt] of attempts) {
        attempt.backoff.reset()
        attempt.timer.set(FIRST_TRY, () => void run(peer, attempt, 'all ways'))
      }
    },
    stop() {
      for (const peer of [...attempts.keys()]) forget(peer)
    }
  }
}

/** Connected, and over circuits only; a WebRTC connection that is being proved counts as on its way. */
function needsUpgrade(all: readonly Tracked[]): boolean {
  return all.length > 0 && all.every(({ path }) => path === 'relayed')
}

async function tryBetter(scope: Scope, peer: PeerId, circuits: readonly Tracked[]): Promise<void> {
  const better = await betterAddresses(scope, peer, circuits)
  if (better.length > 0) await dialInTurn(scope, better, DIAL_TIMEOUT)
}

/**
 * What the peer announces, and WebRTC signalled over each open circuit, which works though the peer may not list it.
 */
async function betterAddresses(scope: Scope, peer: PeerId, circuits: readonly Tracked[]): Promise<Multiaddr[]> {
  const id = toLibp2pPeer(peer)
  const known = id === undefined ? undefined : await scope.node.peerStore.get(id).catch(() => undefined)
  const announced = known?.addresses.map(({ multiaddr }) => withPeer(multiaddr.toString(), peer)) ?? []
  const signalled = circuits.map(({ address }) => webrtcOverCircuit(address))
  const better = [...announced, ...signalled].filter(address => comparePaths(pathOfAddress(address), 'relayed') < 0)
  return dialableAddresses(scope, better)
}
