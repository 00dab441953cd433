import type { PeerStatus } from '../../core/chat/index.ts'
import { peerName, secondsWords, summaryWords, TERMS } from '../network-words.ts'
import type { SeenPeer } from '../state/network-view.ts'
import { count } from '../words.ts'
import { Term } from './term.tsx'

interface NetworkSideProps {
  readonly peers: readonly SeenPeer[]
  readonly status: PeerStatus
  /** What its network allows, in a sentence. */
  readonly verdict: string | undefined
}

/** How this device stands as a whole. */
export function NetworkSide({ peers, status, verdict }: NetworkSideProps) {
  return (
    <section class="network-side" aria-label="This device">
      <p class="network-summary">{summaryWords(peers)}</p>
      {verdict !== undefined && <p class="network-verdict">{verdict}</p>}
      <dl>
        {status.rooms.map(({ id, name, toTalk }) => (
          <div key={id}>
            <dt>
              <Term explained={TERMS.talk}>Time to talk</Term> in <bdi>{name}</bdi>
            </dt>
            <dd>{toTalk === undefined ? 'nothing exchanged yet' : secondsWords(toTalk)}</dd>
          </div>
        ))}
        <div>
          <dt>
            <Term explained={TERMS.relay}>Relays</Term> that pass others on to you
          </dt>
          <dd>{relayWords(peers, status)}</dd>
        </div>
        <div>
          <dt>Peers that a relay carries</dt>
          <dd>{carriedWords(peers)}</dd>
        </div>
      </dl>
    </section>
  )
}

function relayWords(peers: readonly SeenPeer[], { relays }: PeerStatus): string {
  if (relays.length === 0) return 'none: only who dials you directly, or whom you dial, gets here'
  return listed(relays.map(({ peer }) => nameOf(peer, peers)))
}

function carriedWords(peers: readonly SeenPeer[]): string {
  const byRelay = Map.groupBy(
    peers.filter(({ path }) => path === 'relayed'),
    ({ relay }) => relay ?? ''
  )
  if (byRelay.size === 0) return 'none'
  const carried = [...byRelay]
  return listed(carried.map(([relay, { length }]) => `${nameOf(relay, peers)}: ${count(length, 'peer', 'peers')}`))
}

function nameOf(relay: string, peers: readonly SeenPeer[]): string {
  return peerName(peers.find(({ peer }) => peer === relay) ?? { peer: relay, carries: true })
}

/** The table names them all. */
const MAX_LISTED = 3

function listed(names: readonly string[]): string {
  const more = names.length - MAX_LISTED
  return [...names.slice(0, MAX_LISTED), ...(more > 0 ? [`${more} more`] : [])].join(', ')
}
