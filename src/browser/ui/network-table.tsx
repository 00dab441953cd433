import type { Signal } from '@preact/signals'
import {
  iceExplained,
  iceWords,
  peerName,
  rttWords,
  secondsWords,
  seenPathWords,
  shortAddress,
  TERMS,
  whyWords
} from '../network-words.ts'
import type { SeenPeer } from '../state/network-view.ts'
import { carrierName } from './murmuration.tsx'
import { Term } from './term.tsx'

interface NetworkTableProps {
  readonly peers: readonly SeenPeer[]
  readonly active: Signal<string | undefined>
}

/** The picture in words. */
export function NetworkTable({ peers, active }: NetworkTableProps) {
  return (
    <table class="peers">
      <caption class="unseen">Connected peers</caption>
      <thead>
        <tr>
          <th scope="col">Peer</th>
          <th scope="col">
            <Term explained={TERMS.path}>Path</Term>
          </th>
          <th scope="col">
            <Term explained={TERMS.rtt}>Round trip</Term>
          </th>
          <th scope="col">
            <Term explained={TERMS.relay}>Relayed by</Term>
          </th>
          <th scope="col">
            <Term explained={TERMS.why}>Why not better</Term>
          </th>
        </tr>
      </thead>
      <tbody>
        {peers.map(peer => (
          <Row key={peer.peer} peer={peer} peers={peers} active={active} />
        ))}
      </tbody>
    </table>
  )
}

function Row({ peer, peers, active }: NetworkTableProps & { peer: SeenPeer }) {
  const { words, explained } = seenPathWords(peer)
  const { ice, upgrade } = peer
  return (
    <tr data-active={active.value === peer.peer} onPointerEnter={() => (active.value = peer.peer)}>
      <th scope="row">
        <bdi class="peer-name">{peerName(peer)}</bdi>
        <span class="peer-address" title={peer.address}>
          <Term explained={TERMS.address}>Address</Term> <code>{shortAddress(peer.address)}</code>
        </span>
      </th>
      <td data-label="Path">
        <Term explained={explained}>{words}</Term>
        {ice !== undefined && (
          <span class="fact">
            <Term explained={iceExplained(ice)}>ICE</Term>: {iceWords(ice)}
          </span>
        )}
        {upgrade !== undefined && (
          <span class="fact">
            <Term explained={TERMS.upgrade}>Off the relay</Term> after {secondsWords(upgrade)}
          </span>
        )}
      </td>
      <td data-label="Round trip" class="figure">
        {rttWords(peer.rtt)}
      </td>
      <td data-label="Relayed by">{carrierName(peer, peers) ?? 'nobody'}</td>
      <td data-label="Why not better">{whyWords(peer)}</td>
    </tr>
  )
}
