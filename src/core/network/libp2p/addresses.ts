import type { Path, PeerId } from '../network.ts'

/** The way a connection to this multiaddr takes, or took: a connection's address tells, whichever side opened it. */
export function pathOfAddress(address: string): Path {
  if (/\/webrtc(?:\/|$)/.test(address)) return 'webrtc'
  return isRelayed(address) ? 'relayed' : 'direct'
}

/** Whether the address names a circuit, if only to signal through (`.../p2p-circuit/webrtc/...`). */
export function isRelayed(address: string): boolean {
  return address.includes('/p2p-circuit')
}

/** The peer at which the address ends. */
export function peerOfAddress(address: string): PeerId | undefined {
  return /\/p2p\/([^/]+)$/.exec(address)?.[1] as PeerId | undefined
}

/** The relay of a circuit address. */
export function relayOfAddress(address: string): PeerId | undefined {
  return /\/p2p\/([^/]+)\/p2p-circuit/.exec(address)?.[1] as PeerId | undefined
}

/** The address with `/p2p/` at its end. */
export function withPeer(address: string, peer: PeerId): string {
  return peerOfAddress(address) === peer ? address : `${address}/p2p/${peer}`
}

/** Where WebRTC to the peer at the end of this circuit is signalled. */
export function webrtcOverCircuit(circuit: string): string {
  return circuit.replace(/\/p2p-circuit\/p2p\//, '/p2p-circuit/webrtc/p2p/')
}

/** The circuit over which WebRTC at this address is signalled; the address itself when it is none of WebRTC. */
export function circuitOf(address: string): string {
  return address.replace('/p2p-circuit/webrtc', '/p2p-circuit')
}

const PATHS: readonly Path[] = ['direct', 'punched', 'webrtc', 'turn', 'relayed', 'none']

/** Orders paths, best first. */
export function comparePaths(a: Path, b: Path): number {
  return PATHS.indexOf(a) - PATHS.indexOf(b)
}

/** Orders addresses by the path they lead over, best first. */
export function compareAddresses(a: string, b: string): number {
  return comparePaths(pathOfAddress(a), pathOfAddress(b))
}
