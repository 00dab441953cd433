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
  const peers = signal(seenPeers(status.value, [], new Map()))
  let lookedAt = performance.now()
  let stopped = false

  const look = coalesce(async () => {
    const next = peer.status()
    const ice = await iceOf(peer, next)
    if (stopped) return
    const now = performance.now()
    const seconds = Math.max(0.1, (now - lookedAt) / 1000)
    lookedAt = now
    status.value = next
    peers.value = seenPeers(next, peers.value, ice, seconds)
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

/** Best path first, then the nearest. */
export function seenPeers(
  { peers, relays }: PeerStatus,
  before: readonly SeenPeer[],
  ice: ReadonlyMap<string, IceReport>,
  seconds = 1
): SeenPeer[] {
  const known = new Map(before.map(each => [each.peer, each]))
  const carriers = new Set([...relays.map(relay => relay.peer), ...peers.map(each => each.relay)])
  return peers
    .map(each => {
      const last = known.get(each.peer)
      const rate = last === undefined ? 0 : Math.max(0, bytesOf(each) - bytesOf(last)) / seconds
      return { ...each, rate, ice: ice.get(each.peer), carries: carriers.has(each.peer) }
    })
    .toSorted((a, b) => Number(a.path === 'relayed') - Number(b.path === 'relayed') || rank(a) - rank(b))
}

function bytesOf({ received = 0, sent = 0 }: PeerReport): number {
  return received + sent
}

function rank({ rtt }: PeerReport): number {
  return rtt ?? Infinity
}
