import type { Millis } from '../../bytes/index.ts'
import type { PeerId, RelayReservation } from '../network.ts'
import type { Stranger } from '../reach.ts'
import { withPeer } from './addresses.ts'
import { spread } from './backoff.ts'
import type { Connections } from './connections.ts'
import { withDeadline } from './deadline.ts'
import { fromLibp2pPeer } from './peer-ids.ts'
import { ping } from './ping.ts'
import type { RelayPlaces } from './relay-places.ts'
import { createRetryTimer, type RetryTimer } from './retry-timer.ts'
import type { Scope } from './scope.ts'

const FIRST_CHECK: Millis = 5_000
/** A relay may be busy, or starting again. */
const SECOND_CHECK: Millis = 10_000
const REPEAT: Millis = 10 * 60 * 1000
const CIRCUIT_LIMIT: Millis = 8_000
/** Before a place is given up: once may be chance. */
const FAILURES = 2
/** A relay that failed once is tried so often before it is trusted again: it may drop some circuits only. */
const PROBATION = 4

/** What the last checks of a relay came to; `left` is how often it is to succeed until what failed is forgotten. */
interface Standing {
  readonly failures: number
  readonly left: number
}

const TRUSTED: Standing = { failures: 0, left: 0 }

export interface PlaceChecks {
  /** Places may have come or gone. */
  changed(held: readonly RelayReservation[]): void
  stop(): void
}

/**
 * Tries whether the relays at which this peer has places carry circuits here: as a stranger, since a relay could carry what this peer itself
 * asks for. One that does not is given up, or it would keep the place for ever, and one that does so only at times, too. A relay that drops
 * the circuits of some people, but never a stranger's, is not found out: they come by the other place.
 */
export function createPlaceChecks(
  scope: Scope,
  places: Pick<RelayPlaces, 'giveUp' | 'isAvoided'>,
  connections: Connections,
  stranger: () => Promise<Stranger>,
  failed: (relay: PeerId) => void
): PlaceChecks {
  const timers = new Map<PeerId, RetryTimer>()
  const self = fromLibp2pPeer(scope.node.peerId)

  function changed(held: readonly RelayReservation[]): void {
    for (const relay of timers.keys()) if (!held.some(({ peer }) => peer === relay)) forget(relay)
    for (const { peer: relay, address } of held) {
      if (timers.has(relay)) continue
      timers.set(relay, createRetryTimer(scope.clock))
      // What was given up is held again only where there is no other.
      plan(relay, address, places.isAvoided(relay) ? REPEAT : FIRST_CHECK, TRUSTED)
    }
  }

  function plan(relay: PeerId, told: string, delay: Millis, before: Standing): void {
    timers.get(relay)?.set(spread(delay, scope.jitter), () => void check(relay, told, before))
  }

  async function check(relay: PeerId, told: string, before: Standing): Promise<void> {
    const timer = timers.get(relay)
    const carries = await carriesHere(relay, told)
    if (scope.signal.aborted || timers.get(relay) !== timer) return
    if (carries === undefined) return plan(relay, told, SECOND_CHECK, before)
    if (carries && before.left <= 1) return plan(relay, told, REPEAT, TRUSTED)
    if (carries) return plan(relay, told, SECOND_CHECK, { ...before, left: before.left - 1 })
    const failures = before.failures + 1
    if (failures < FAILURES) return plan(relay, told, SECOND_CHECK, { failures, left: PROBATION })
    places.giveUp(relay)
    failed(relay)
  }

  /** Undefined where nothing can be said, since the relay itself does not answer. */
  async function carriesHere(relay: PeerId, told: string): Promise<boolean | undefined> {
    const direct = connections.of(relay).find(({ path }) => path === 'direct')
    if (direct === undefined) return undefined
    const isDialled = direct.connection.direction === 'outbound'
    const circuit = isDialled ? `${withPeer(direct.address, relay)}/p2p-circuit/p2p/${self}` : told
    const within = (run: (signal: AbortSignal) => Promise<unknown>): Promise<boolean> =>
      withDeadline(scope.clock, CIRCUIT_LIMIT, scope.signal, run).then(
        () => true,
        () => false
      )
    const somebody = await stranger()
    try {
      if (await within(signal => somebody.reach(circuit, signal))) return true
    } finally {
      await somebody.stop()
    }
    return (await within(signal => ping(direct.connection, signal))) ? false : undefined
  }

  function forget(relay: PeerId): void {
    timers.get(relay)?.clear()
    timers.delete(relay)
  }

  return {
    changed,
    stop() {
      for (const relay of timers.keys()) forget(relay)
    }
  }
}
