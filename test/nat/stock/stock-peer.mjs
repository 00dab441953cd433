// A peer of stock js-libp2p, with its own services and default settings, to compare with: `stock-peer.mjs relay ADDRESS...`,
// `stock-peer.mjs listen OWN RELAY`, or `stock-peer.mjs dial OWN RELAY PEER-ADDRESS...`, which says on stdout how it is connected once a ping came
// back, and when it is without a relay. OWN is what a peer with a public address announces, `-` for others.
import process from 'node:process'
import { circuitRelayServer, circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { dcutr } from '@libp2p/dcutr'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'

const [what, ...rest] = process.argv.slice(2)
const [own, relay, ...addressesOfPeer] = rest
const isRelay = what === 'relay'
const isPublic = own !== '-'

const node = await createLibp2p({
  addresses: isRelay
    ? { listen: rest, announce: rest }
    : {
        listen: [isPublic ? own : '/ip4/0.0.0.0/tcp/0', '/ip6/::/tcp/0', `${relay}/p2p-circuit`],
        appendAnnounce: isPublic ? [own] : []
      },
  transports: [tcp(), circuitRelayTransport()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  services: {
    identify: identify(),
    ping: ping(),
    dcutr: dcutr(),
    ...(isRelay && { relay: circuitRelayServer() })
  }
})
const say = (...words) => process.stdout.write(`${words.join(' ')}\n`)

if (isRelay) say('ready', node.peerId.toString())
else {
  const reserved = () => node.getMultiaddrs().some(address => address.toString().includes('/p2p-circuit'))
  while (!reserved()) await new Promise(resolve => setTimeout(resolve, 50))
  say('ready', ...node.getMultiaddrs().map(String))
}

if (what === 'dial') {
  const addresses = addressesOfPeer.map(address => multiaddr(address))
  const isToPeer = id => addressesOfPeer.some(address => address.endsWith(`/p2p/${id.toString()}`))
  const isDirect = () =>
    node.getConnections().some(({ remotePeer, limits }) => isToPeer(remotePeer) && limits === undefined)
  // A circuit may close under the first ping, for a direct connection.
  const answered = () => node.services.ping.ping(addresses).then(Boolean, () => false)
  while (!(await answered())) await new Promise(resolve => setTimeout(resolve, 50))
  say(isDirect() ? 'direct' : 'relayed')
  node.addEventListener('connection:open', () => isDirect() && say('direct'))
}
