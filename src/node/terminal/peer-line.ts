import type { StatusPeer } from '../access/peer-access.ts'
import { counted } from './counted.ts'
import { secondsText } from './seconds.ts'
import { visible } from './visible.ts'

/** `12D3...  webrtc  3.1 ms  <address>  Bo; direct after 0.8 s; 2.1 KiB in, 1.4 KiB out` */
export function peerLine(peer: StatusPeer): string {
  const rtt = peer.rtt === null ? '-' : `${peer.rtt.toFixed(1)} ms`
  const facts = [...namesOf(peer), ...wayOf(peer), ...trafficOf(peer)].join('; ')
  return `${peer.peer}  ${peer.path}  ${rtt}  ${visible(peer.address)}${facts === '' ? '' : `  ${facts}`}`
}

function namesOf({ nicks = [] }: StatusPeer): string[] {
  return nicks.length === 0 ? [] : [nicks.map(visible).join(', ')]
}

function wayOf({ path, relay, tries, upgrade, why, nextTry }: StatusPeer): string[] {
  const reason = why === undefined ? [] : [`why not better: ${why}`]
  if (path === 'relayed') {
    const through = relay === undefined ? [] : [`through ${relay}`]
    const search =
      tries === undefined || tries === 0
        ? 'looking for a better way'
        : `no better way in ${counted(tries, 'try', 'tries')}`
    return [...through, search, ...reason, ...nextTryText(nextTry)]
  }
  return [...(upgrade === undefined ? [] : [`off the relay after ${secondsText(upgrade)}`]), ...reason]
}

function nextTryText(nextTry: number | undefined): string[] {
  if (nextTry === undefined) return []
  return [nextTry === 0 ? 'trying now' : `next try in ${secondsText(nextTry)}`]
}

function trafficOf({ received, sent }: StatusPeer): string[] {
  if (received === undefined || sent === undefined) return []
  return [`${kibibytes(received)} in, ${kibibytes(sent)} out`]
}

function kibibytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KiB`
}
