import type { CandidateKind, IceReport } from '../core/network/index.ts'
import type { SeenPeer } from './state/network-view.ts'
import { count } from './words.ts'

/** What the network page says, and how each of its terms explains itself. */
export interface Words {
  readonly words: string
  readonly explained: string
}

export const TERMS = {
  path: 'The way that data takes between you and this peer. Starling always looks for a better one in the background.',
  rtt: 'How long a small message takes there and back: below 50 ms feels like nothing, above 300 ms can be felt.',
  address: 'Where this peer was found, as a multiaddr: host, port and kind of connection, one after the other.',
  relay: 'A peer with a public address that passes sealed data on for peers which cannot reach each other.',
  why: 'Why the way is not a shorter one, as far as it can be told from here.',
  talk: 'From opening the link or the page to the first message that came or arrived.',
  upgrade: 'How long data went through a relay before the two of you reached each other without it.',
  ice: 'ICE is how WebRTC finds a way: both sides collect candidates, which are addresses to try, and a pair that works carries the data.'
} as const

const CANDIDATES: Record<CandidateKind, Words> = {
  host: { words: 'host', explained: 'an address of the device itself' },
  srflx: { words: 'srflx', explained: 'server-reflexive: the address at which a STUN server saw the device' },
  prflx: { words: 'prflx', explained: 'peer-reflexive: the address at which the other side saw the device' },
  relay: { words: 'relay', explained: 'an address at a TURN server, which passes the data on' }
}

const PATHS: Record<SeenPeer['path'], Words> = {
  direct: { words: 'direct', explained: 'A connection to an address of this peer, with nobody in between.' },
  punched: { words: 'direct, punched', explained: 'Both routers were opened for it at the same moment.' },
  webrtc: { words: 'WebRTC, direct', explained: 'Found by ICE, over UDP, with nobody in between.' },
  turn: { words: 'WebRTC, through TURN', explained: 'A TURN server passes the sealed data on; it cannot read it.' },
  relayed: { words: 'through a relay', explained: 'A relay passes the sealed data on; it cannot read it.' },
  none: { words: 'gone', explained: 'There is no connection any more.' }
}

export function seenPathWords(peer: SeenPeer): Words {
  return PATHS[isThroughTurn(peer) ? 'turn' : peer.path]
}

/** Whom one talks to there; a peer of whom nobody in a room is known has its id. */
export function peerName({ nicks = [], carries, peer }: Pick<SeenPeer, 'nicks' | 'carries' | 'peer'>): string {
  if (nicks.length > 0) return nicks.join(', ')
  return `${carries ? 'Relay' : 'Peer'} ${shortId(peer)}`
}

/** The end tells PeerIds apart: all of one kind begin alike. */
function shortId(peer: string): string {
  return peer.length > 12 ? `…${peer.slice(-6)}` : peer
}

/** With ids and certificate hashes cut to their ends. */
export function shortAddress(address: string): string {
  return address.replace(/\/(p2p|certhash)\/([^/]+)/g, (_, name: string, value: string) => `/${name}/${shortId(value)}`)
}

export function rttWords(rtt: number | undefined): string {
  return rtt === undefined ? 'not measured yet' : rtt < 1 ? 'under 1 ms' : `${Math.round(rtt)} ms`
}

function rateWords(rate: number): string {
  return rate < 1 ? 'quiet' : rate < 1000 ? `${Math.round(rate)} B/s` : `${(rate / 1000).toFixed(1)} kB/s`
}

export function secondsWords(millis: number): string {
  return `${(millis / 1000).toFixed(1)} s`
}

/** The reason as the core tells it, and when the next try is. */
export function whyWords(peer: SeenPeer): string {
  const { path, why, tries = 0 } = peer
  if (path === 'relayed') {
    if (tries === 0) return 'A better way is being looked for right now.'
    const reason = why === undefined ? '' : ` ${sentence(why)}`
    return `${count(tries, 'try', 'tries')} found none.${reason} ${nextTryWords(peer)}`
  }
  if (isThroughTurn(peer)) return 'Neither router lets the other side in, so a TURN server passes it on.'
  if (path !== 'webrtc') return 'This is as good as it gets.'
  return why === undefined ? 'Nobody is in between.' : `Nobody is in between. ${sentence(why)}`
}

function nextTryWords({ nextTry }: SeenPeer): string {
  if (nextTry === undefined) return 'It goes on trying.'
  return nextTry === 0 ? 'Trying now.' : `Next try in ${Math.ceil(nextTry / 1000)} s.`
}

function sentence(words: string): string {
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}.`
}

/** `host to prflx carries; tried here: 2 host, 1 srflx` */
export function iceWords(ice: IceReport): string {
  const tried = (Object.keys(CANDIDATES) as CandidateKind[]).filter(kind => ice.local[kind] > 0)
  const list = tried.map(kind => `${ice.local[kind]} ${CANDIDATES[kind].words}`).join(', ')
  const pair = ice.pair === undefined ? 'no pair carries yet' : `${ice.pair.local} to ${ice.pair.remote} carries`
  return list === '' ? pair : `${pair}; candidates here: ${list}`
}

/** What the kinds in use mean. */
export function iceExplained(ice: IceReport): string {
  const used = new Set([ice.pair?.local, ice.pair?.remote].filter(kind => kind !== undefined))
  const kinds = [...used].map(kind => `${CANDIDATES[kind].words}: ${CANDIDATES[kind].explained}.`)
  return [TERMS.ice, ...kinds].join(' ')
}

export function summaryWords(peers: readonly SeenPeer[]): string {
  if (peers.length === 0) return 'You are connected to nobody right now. Starling goes on looking.'
  const direct = peers.filter(peer => peer.path !== 'relayed' && !isThroughTurn(peer)).length
  const how = direct === peers.length ? (direct === 1 ? 'directly' : 'all directly') : `${direct} directly`
  return `You are connected to ${count(peers.length, 'peer', 'peers')}, ${how}.`
}

/** What a bird says of itself. */
export function birdWords(peer: SeenPeer, carrier: string | undefined): string {
  const through = peer.path === 'relayed' && carrier !== undefined ? `through ${carrier}` : seenPathWords(peer).words
  const traffic = peer.rate < 1 ? [] : [rateWords(peer.rate)]
  return [peerName(peer), through, rttWords(peer.rtt), ...traffic].join(', ')
}

function isThroughTurn({ path, ice }: SeenPeer): boolean {
  return path === 'turn' || (path === 'webrtc' && (ice?.pair?.local === 'relay' || ice?.pair?.remote === 'relay'))
}
