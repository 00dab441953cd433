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
/** In a row, before a place is given up. */
const FAILURES = 2

export interface PlaceChecks {
  /** Places may have come or gone. */
  changed(held: readonly RelayReservation[]): void
  stop(): void
}

/**
 * Tries whether the relays at which this peer has places carry circuits here: as a stranger, since a relay could carry what this peer itself
 * asks for. One that does not is given up, or it would keep the place for ever. A relay that drops only some is not found out.
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
      plan(relay, address, places.isAvoided(relay) ? REPEAT : FIRST_CHECK, 0)
    }
  }

  function plan(relay: PeerId, told: string, delay: Millis, failures: number): void {
    timers.get(relay)?.set(spread(delay, scope.jitter), () => void check(relay, told, failures))
  }

  async function check(relay: PeerId, told: string, failures: number): Promise<void> {
    const timer = timers.get(relay)
    const carries = await carriesHere(relay, told)
    if (scope.signal.aborted || timers.get(relay) !== timer) return
    if (carries === undefined) return plan(relay, told, SECOND_CHECK, failures)
    if (carries) return plan(relay, told, REPEAT, 0)
    if (failures + 1 < FAILURES) return plan(relay, told, SECOND_CHECK, failures + 1)
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
