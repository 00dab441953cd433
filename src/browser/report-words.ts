import { natKindWords, wayWords, type Report, type TransportReport } from '../core/doctor/index.ts'
import { peerName, rttWords, type Words } from './network-words.ts'
import type { SeenPeer } from './state/network-view.ts'

/** What the part of the network page on this device's own network says. */
export const REPORT_TERMS = {
  nat: 'NAT: how a router lets many devices share one address. Its kind decides whether two of them let each other’s devices through.',
  seen: 'The IP address from which your connections come, as relays outside see it.',
  candidates: 'ICE candidates: the addresses that WebRTC offers to the other side. What both can use becomes the way.',
  transports: 'Each was really tried now, to a relay or through one.',
  relays: 'Peers with a public address. One that keeps a place for you passes on whoever looks for you.',
  clock: 'Compared with the clocks of your relays. Messages are put in order by time, so a wrong clock misplaces them.',
  stun: 'A STUN server tells from which address your packets come. Your relays do that; nobody else is asked.'
} as const

const CANDIDATES = {
  host: { words: 'host', explained: 'Addresses of this device on its own network. The browser hides them from pages.' },
  srflx: {
    words: 'srflx',
    explained: 'Server-reflexive: where a STUN server sees this device, which is how your router lets it appear.'
  },
  relay: { words: 'relay', explained: 'At a TURN server, which passes data on where nothing else gets through.' }
} as const

const TRANSPORTS: Record<TransportReport['transport'], Words> = {
  tcp: { words: 'TCP', explained: 'A plain connection; tabs have none.' },
  ws: { words: 'WebSocket', explained: 'A connection to a relay that looks like the rest of the web.' },
  'webrtc-direct': { words: 'WebRTC to a relay', explained: 'By UDP, to a relay with an address of its own.' },
  webrtc: {
    words: 'WebRTC to peers',
    explained: 'By UDP, to another browser or program, after a relay has introduced the two.'
  },
  circuit: { words: 'Through a relay', explained: 'A circuit: the relay passes sealed data on, and cannot read it.' }
}

/** A tab cannot tell a router that keeps one port for all from none, as the browser hides this device's own address. */
export function natWords({ kind }: Report['nat']): string {
  return kind === 'cone' ? 'cone NAT, the usual kind, or none' : natKindWords(kind)
}

export function transportWords({ transport }: TransportReport): Words {
  return TRANSPORTS[transport]
}

export function trialWords({ state, ms, reason }: TransportReport): string {
  if (state === 'works') return `works, ${rttWords(ms ?? 0)}`
  if (state === 'fails') return `fails: ${reason ?? 'no answer'}`
  return state === 'off' ? 'not there' : 'not tried'
}

/** Where it was tried. */
export function trialWay({ address }: TransportReport, peers: readonly SeenPeer[]): string {
  return address === null ? '' : wayWords(address, relay => nameOf(relay, peers).replace(/^Relay /, ''))
}

/** Each kind of candidate with the addresses that are worth reading. */
export function candidateRows(candidates: Report['candidates']): (Words & { readonly found: string })[] {
  return (['host', 'srflx', 'relay'] as const).map(kind => ({
    ...CANDIDATES[kind],
    found: foundWords(candidates[kind])
  }))
}

const MAX_SHOWN = 3

function foundWords(all: readonly string[]): string {
  if (all.length === 0) return 'none'
  const hidden = all.filter(isHidden).length
  const shown = all.filter(each => !isHidden(each))
  const more = shown.length - MAX_SHOWN
  return [
    ...shown.slice(0, MAX_SHOWN),
    ...(more > 0 ? [`${more} more`] : []),
    ...(hidden > 0 ? [`${hidden}, hidden by the browser`] : [])
  ].join(', ')
}

/** The name that a browser puts in the place of an address (draft-ietf-mmusic-mdns-ice-candidates). */
function isHidden(candidate: string): boolean {
  return /\.local:\d+$/.test(candidate)
}

export function relayFacts({ rtt, place, witness }: Report['relays']['known'][number]): string {
  const facts = [
    rttWords(rtt ?? undefined),
    place ? 'keeps a place for you' : 'no place for you',
    ...(witness ? [] : ['cannot be asked'])
  ]
  return facts.join(', ')
}

export function nameOf(peer: string, peers: readonly SeenPeer[], carries = true): string {
  return peerName(peers.find(each => each.peer === peer) ?? { peer, carries })
}
