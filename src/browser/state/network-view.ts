import { signal, type ReadonlySignal } from '@preact/signals'
import type { Peer, PeerReport, PeerStatus } from '../../core/chat/index.ts'
import type { IceReport } from '../../core/network/index.ts'
import { coalesce } from './coalesce.ts'

/** A connected peer as the network page shows it. */
export interface SeenPeer extends PeerReport {
  /** Bytes per second in both directions, of the last second. */
  readonly rate: number
  readonly ice: IceReport | undefined
  /** Others reach us through it, or somebody is reached through it from here. */
  readonly carries: boolean
}

export interface NetworkView {
  readonly peers: ReadonlySignal<readonly SeenPeer[]>
  readonly status: ReadonlySignal<PeerStatus>
  stop(): void
}

const PERIOD_MILLIS = 1000

/** Looks at the network each second, as long as the page is open. */
export function createNetworkView(peer: Peer): NetworkView {
  const status = signal(peer.status())
  let rates: Rates = { at: performance.now(), bytes: bytesByPeer(status.value), ofPeer: new Map() }
  const peers = signal(seenPeers(status.value, rates.ofPeer, new Map()))
  let stopped = false

  const look = coalesce(async () => {
    const next = peer.status()
    const ice = await iceOf(peer, next)
    if (stopped) return
    rates = ratesOf(next, rates, performance.now())
    status.value = next
    peers.value = seenPeers(next, rates.ofPeer, ice)
  })
  const timer = setInterval(() => void look(), PERIOD_MILLIS)
  const release = peer.listen(({ event }) => event === 'peer' && void look())
  void look()

  return {
    peers,
    status,
    stop() {
      stopped = true
      clearInterval(timer)
      release()
    }
  }
}

async function iceOf(peer: Peer, { peers }: PeerStatus): Promise<Map<string, IceReport>> {
  const byIce = peers.filter(({ path }) => path === 'webrtc' || path === 'turn')
  const reports = await Promise.all(byIce.map(async each => [each.peer, await peer.ice(each.peer)] as const))
  return new Map(reports.flatMap(([id, report]) => (report === undefined ? [] : [[id, report]])))
}

export interface Rates {
  readonly at: number
  readonly bytes: ReadonlyMap<string, number>
  /** Bytes per second. */
  readonly ofPeer: ReadonlyMap<string, number>
}

/** Between the looks of each second, as when a path changes, the last rates stand. */
export function ratesOf({ peers }: PeerStatus, before: Rates, now: number): Rates {
  const elapsed = now - before.at
  if (elapsed < PERIOD_MILLIS / 2) return before
  const bytes = bytesByPeer({ peers })
  const ofPeer = new Map(
    [...bytes].map(([peer, sum]) => [peer, Math.max(0, ((sum - (before.bytes.get(peer) ?? sum)) * 1000) / elapsed)])
  )
  return { at: now, bytes, ofPeer }
}

function bytesByPeer({ peers }: Pick<PeerStatus, 'peers'>): Map<string, number> {
  return new Map(peers.map(({ peer, received = 0, sent = 0 }) => [peer, received + sent]))
}

/** Best path first, then the nearest. */
export function seenPeers(
  { peers, relays }: PeerStatus,
  rates: ReadonlyMap<string, number>,
  ice: ReadonlyMap<string, IceReport>
): SeenPeer[] {
  const carriers = new Set([...relays.map(relay => relay.peer), ...peers.map(each => each.relay)])
  return peers
    .map(each => ({
      ...each,
      rate: rates.get(each.peer) ?? 0,
      ice: ice.get(each.peer),
      carries: carriers.has(each.peer)
    }))
    .toSorted((a, b) => Number(a.path === 'relayed') - Number(b.path === 'relayed') || rank(a) - rank(b))
}

function rank({ rtt }: PeerReport): number {
  return rtt ?? Infinity
}
