// A peer of stock js-libp2p, with its own services and default settings, to compare with: `stock-peer.mjs relay ADDRESS`,
// `stock-peer.mjs listen RELAY`, or `stock-peer.mjs dial RELAY PEER`, which says on stdout when it is connected without a relay.
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

const [what, first, peer] = process.argv.slice(2)
const isRelay = what === 'relay'

const node = await createLibp2p({
  addresses: isRelay
    ? { listen: [first], announce: [first] }
    : { listen: ['/ip4/0.0.0.0/tcp/0', `${first}/p2p-circuit`] },
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

if (isRelay) say('ready', `${first}/p2p/${node.peerId.toString()}`)
else {
  const reserved = () => node.getMultiaddrs().some(address => address.toString().includes('/p2p-circuit'))
  while (!reserved()) await new Promise(resolve => setTimeout(resolve, 50))
  say('ready', node.peerId.toString())
}

if (what === 'dial') {
  node.addEventListener('connection:open', ({ detail }) => {
    if (detail.remotePeer.toString() === peer) say(detail.limits === undefined ? 'direct' : 'relayed')
  })
  await node.dial(multiaddr(`${first}/p2p-circuit/p2p/${peer}`))
}
