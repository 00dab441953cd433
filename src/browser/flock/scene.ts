import { peerName } from '../network-words.ts'
import type { SeenPeer } from '../state/network-view.ts'
import type { Plumage } from './draw.ts'
import { turnOf, type Place } from './flock.ts'
import { CARRIED_RING, FAR_RING, NEAR_RING, RELAY_RING } from './rings.ts'

/** Above this many, those reached directly need more than one ring. */
const ONE_RING = 14

/** Where each peer's bird belongs. */
export function placesOf(peers: readonly SeenPeer[]): Place[] {
  const ids = new Set(peers.map(({ peer }) => peer))
  const depth = Math.min(1, Math.max(0, peers.length - ONE_RING) / 60)
  return peers.map(seen => {
    const { peer, path, relay, carries } = seen
    if (carries) return { id: peer, ring: RELAY_RING + 0.06 * turnOf(peer), steady: true }
    if (path !== 'relayed') return { id: peer, ring: NEAR_RING + (turnOf(peer) - 0.4) * 0.62 * depth }
    if (relay === undefined || !ids.has(relay)) return { id: peer, ring: FAR_RING }
    return { id: peer, ring: CARRIED_RING - 0.12 * depth * turnOf(peer), perch: relay }
  })
}

export function plumageOf(peers: readonly SeenPeer[]): Map<string, Plumage> {
  const perches = new Map(placesOf(peers).map(({ id, perch }) => [id, perch]))
  return new Map(
    peers.map(seen => {
      const { peer, path, carries, rate } = seen
      const near = path !== 'relayed' && path !== 'turn'
      return [peer, { id: peer, label: peerName(seen), near, carries, rate, perch: perches.get(peer) }]
    })
  )
}
