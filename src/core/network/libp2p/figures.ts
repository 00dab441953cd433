import type { Clock, Millis } from '../../bytes/index.ts'
import type { NetworkFigures, PeerFigures } from '../figures.ts'
import type { Path, PeerConnection, PeerId } from '../network.ts'
import { reasonsFor, whyNotBetter } from '../path-reasons.ts'
import { relayOfAddress } from './addresses.ts'
import type { Connections, Tracked } from './connections.ts'
import { iceReportOf } from './ice.ts'
import type { Traffic } from './traffic.ts'
import type { Upgrades } from './upgrades.ts'

export interface Figures extends NetworkFigures {
  /** The best path to a peer has changed; the same with why it is not a better one. */
  shown(connection: PeerConnection): PeerConnection
  /** A round came to nothing: the connection, when another reason is told of it now than before. */
  failed(peer: PeerId): PeerConnection | undefined
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
  const told = new Map<PeerId, string | undefined>()

  function whyOf(peer: PeerId, path: Path): string | undefined {
    const { tries, reasons } = upgrades.of(peer)
    return whyNotBetter({ path, tries, reasons })
  }

  function searchFor(peer: PeerId, { path }: Tracked): Pick<PeerFigures, 'tries' | 'nextTry' | 'reasons' | 'why'> {
    const { tries, nextTry, reasons } = upgrades.of(peer)
    const why = whyOf(peer, path)
    return {
      ...(path === 'relayed' && { tries, ...(nextTry !== undefined && { nextTry }) }),
      ...(why !== undefined && { reasons: reasonsFor(path, reasons), why })
    }
  }

  function explained(connection: PeerConnection): PeerConnection {
    const why = whyOf(connection.peer, connection.path)
    told.set(connection.peer, why)
    return why === undefined ? connection : { ...connection, why }
  }

  function time({ peer, path }: PeerConnection): void {
    const since = relayedSince.get(peer)
    if (path === 'relayed') {
      if (since === undefined) relayedSince.set(peer, clock.now())
      return
    }
    if (since !== undefined) upgradedAfter.set(peer, clock.now() - since)
    relayedSince.delete(peer)
  }

  return {
    shown(connection) {
      const { peer, path } = connection
      if (path !== 'none') {
        time(connection)
        return explained(connection)
      }
      for (const known of [relayedSince, upgradedAfter, told]) known.delete(peer)
      traffic.gone(peer)
      return connection
    },
    failed(peer) {
      const before = told.get(peer)
      const connection = connections.peers().find(each => each.peer === peer)
      const now = connection && told.has(peer) ? explained(connection) : undefined
      return now?.why === before ? undefined : now
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
        ...searchFor(peer, best)
      }
    },
    async ice(peer) {
      const best = connections.best(peer)
      return best === undefined ? undefined : iceReportOf(best.connection)
    }
  }
}
