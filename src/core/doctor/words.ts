import type { NatFiltering, NatKind, NatMapping } from '../network/index.ts'
import type { ClockReport, NatReport } from './report.ts'

/** What was found about the NAT, for people; each edge shows it in its way. */
const KINDS: Record<NatKind, string> = {
  open: 'no NAT: directly on the internet',
  firewall: 'no NAT, but a firewall',
  'full-cone': 'full cone NAT, the friendliest kind',
  'address-restricted-cone': 'address-restricted cone NAT',
  'port-restricted-cone': 'port-restricted cone NAT, the usual kind',
  cone: 'cone NAT; what it lets in could not be tried',
  symmetric: 'symmetric NAT, the strictest kind',
  blocked: 'UDP is blocked, or no STUN server can be reached',
  unknown: 'cannot be told'
}
const MAPPINGS: Record<NatMapping, string> = {
  none: 'addresses are not changed on the way',
  'endpoint-independent': 'one port for all (endpoint-independent mapping)',
  'address-dependent': 'another port for each peer (address-dependent mapping)',
  unknown: 'not known'
}
const FILTERINGS: Record<NatFiltering, string> = {
  'endpoint-independent': 'everybody is let in (endpoint-independent filtering)',
  'address-dependent': 'those are let in to whom you wrote (address-dependent filtering)',
  'address-and-port-dependent': 'only answers are let in (address- and port-dependent filtering)',
  unknown: 'what is let in could not be tried'
}

export function natKindWords(kind: NatKind): string {
  return KINDS[kind]
}

/** How UDP and TCP fare at it; nothing where nothing is known. */
export function natLines(nat: NatReport): string[] {
  const known = nat.kind !== 'unknown' && nat.kind !== 'blocked'
  const ports = nat.preservesPorts === true && nat.mapping !== 'none' ? ', with the port of this machine' : ''
  const detail = `UDP: ${MAPPINGS[nat.mapping]}${ports}${stepWords(nat.portStep)}; ${FILTERINGS[nat.filtering]}`
  const tcp = nat.tcp.mapping === 'unknown' ? [] : [`TCP: ${MAPPINGS[nat.tcp.mapping]}${stepWords(nat.tcp.portStep)}`]
  return [...(known ? [detail] : []), ...tcp]
}

function stepWords(step: number | null): string {
  return step === null ? '' : `, in steps of ${step}`
}

export function clockWords({ ahead, witnesses }: Omit<ClockReport, 'advice'>): string {
  if (ahead === null) return 'not compared'
  const off = Math.abs(ahead)
  const by = off < 1000 ? `${off} ms` : `${(off / 1000).toFixed(1)} s`
  return `${by} ${ahead < 0 ? 'behind' : 'ahead'}, by ${witnesses} ${witnesses === 1 ? 'relay' : 'relays'}`
}

/** A multiaddr without the parts that only programs read. */
export function withoutIds(address: string): string {
  return address.replace(/\/p2p\/[^/]+$/, '').replace(/\/certhash\/[^/]+/g, '')
}

/** Where a trial went: to a relay, or through it. */
export function wayWords(address: string, nameOf: (relay: string) => string): string {
  const relay = /\/p2p\/([^/]+)\/p2p-circuit/.exec(address)?.[1]
  return relay === undefined ? `to ${withoutIds(address)}` : `over relay ${nameOf(relay)}`
}
