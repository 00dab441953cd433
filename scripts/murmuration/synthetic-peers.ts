import type { PeerReport } from '../../src/core/chat/index.ts'
import type { PeerId } from '../../src/core/network/index.ts'

const NAMES = 'Anna Bo Cy Dee Eve Finn Greta Hugo Ines Jon Kim Lea Milo Nora Otto Pia Quin Rosa Sam Tove'.split(' ')
const LETTERS = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'

/** A network of this size as a tab could see it: a relay for every dozen or so, a third of the others behind them. */
export function syntheticPeers(size: number): PeerReport[] {
  const relays = Math.max(1, Math.round(size / 14))
  return Array.from({ length: size }, (_, index) =>
    index < relays ? relayAt(index) : memberAt(index, idOf(index % relays))
  )
}

/** The same peers a second later: some talk, and are further on. */
export function later(peers: readonly PeerReport[], second: number): PeerReport[] {
  return peers.map((peer, index) => {
    const talks = (index * 7 + second) % 5 === 0
    return talks ? { ...peer, received: (peer.received ?? 0) + 40 * 4 ** (index % 6) } : peer
  })
}

function relayAt(index: number): PeerReport {
  const peer = idOf(index)
  const address = `/dns4/relay${index}.example/tcp/443/wss/p2p/${peer}`
  return { peer, path: 'direct', rtt: 18 + index, address, since: 0, received: 0, sent: 0 }
}

function memberAt(index: number, relay: PeerId): PeerReport {
  const peer = idOf(index)
  const round = Math.floor(index / NAMES.length)
  const nicks = [`${NAMES[index % NAMES.length] ?? ''}${round === 0 ? '' : ` ${round + 1}`}`]
  const common = { peer, nicks, since: 0, received: 0, sent: 0 }
  const circuit = `/dns4/relay.example/tcp/443/wss/p2p/${relay}/p2p-circuit`
  if (index % 3 === 0)
    return { ...common, path: 'relayed', rtt: 96, address: `${circuit}/p2p/${peer}`, relay, tries: index % 4 }
  if (index % 3 === 1)
    return { ...common, path: 'webrtc', rtt: 24, address: `${circuit}/webrtc/p2p/${peer}`, upgrade: 640 }
  return { ...common, path: 'direct', rtt: 7, address: `/ip4/192.0.2.${index % 250}/tcp/4001/p2p/${peer}` }
}

/** Of the form of a PeerId, and nobody's. */
function idOf(index: number): PeerId {
  let state = index + 1
  const letters = Array.from({ length: 44 }, () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9
    return LETTERS[(state >>> 8) % LETTERS.length]
  })
  return `12D3KooW${letters.join('')}` as PeerId
}
