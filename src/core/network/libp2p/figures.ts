import type { Clock, Millis } from '../../bytes/index.ts'
import type { NetworkFigures } from '../figures.ts'
import type { PeerConnection, PeerId } from '../network.ts'
import { relayOfAddress } from './addresses.ts'
import type { Connections } from './connections.ts'
import { iceReportOf } from './ice.ts'
import type { Traffic } from './traffic.ts'
import type { Upgrades } from './upgrades.ts'

export interface Figures extends NetworkFigures {
  /** The best path to a peer has changed. */
  shown(connection: PeerConnection): void
}

interface Parts {
  readonly clock: Clock
  readonly connections: Connections
  readonly traffic: Traffic
  readonly upgrades: Upgrades
}

/** Brings together what the components know of each peer, and takes the time that upgrades need. */
export function createFigures({ clock, connections, traffic, upgrades }: Parts): Figures {
  const relayedSince = new Map<PeerId, Millis>()
  const upgradedAfter = new Map<PeerId, Millis>()

  return {
    shown({ peer, path }) {
      if (path === 'none') {
        relayedSince.delete(peer)
        upgradedAfter.delete(peer)
        return traffic.gone(peer)
      }
      const since = relayedSince.get(peer)
      if (path === 'relayed') {
        if (since === undefined) relayedSince.set(peer, clock.now())
        return
      }
      if (since !== undefined) upgradedAfter.set(peer, clock.now() - since)
      relayedSince.delete(peer)
    },
    of(peer) {
      const best = connections.best(peer)
      if (best === undefined) return undefined
      const relay = best.path === 'relayed' ? relayOfAddress(best.address) : undefined
      const upgrade = upgradedAfter.get(peer)
      return {
        since: best.connection.timeline.open,
        ...traffic.of(peer),
        ...(relay !== undefined && { relay }),
        ...(upgrade !== undefined && best.path !== 'relayed' && { upgrade }),
        ...(best.path === 'relayed' && { tries: upgrades.triesOf(peer) })
      }
    },
    async ice(peer) {
      const best = connections.best(peer)
      return best === undefined ? undefined : iceReportOf(best.connection)
    }
  }
}
