import { UsageError } from '../exits.ts'

const LISTEN = /^(?:\/ip[46]\/[^/]+\/(?:tcp\/\d+|tcp\/\d+\/ws|udp\/\d+\/webrtc-direct)|\/webrtc|\/p2p-circuit)$/
/** What our transports can dial, with a PeerId after it or without. */
const DIAL =
  /^(?:\/(?:ip[46]|dns[46]?)\/[^/]+\/(?:tcp\/\d+(?:\/(?:tls\/(?:sni\/[^/]+\/)?)?wss?)?|udp\/\d+\/webrtc-direct(?:\/certhash\/[^/]+)*)|\/dnsaddr\/[^/]+)(?:\/p2p\/[^/]+)?(?:\/p2p-circuit(?:\/webrtc)?\/p2p\/[^/]+)?$/

export type AddressUse = 'bootstrap' | 'listen' | 'announce'

/** Checks multiaddrs, each with a sentence that names it. Loads the parsers only when there is something to parse. */
export async function checkAddresses(use: AddressUse, addresses: readonly string[]): Promise<void> {
  if (addresses.length === 0) return
  const { multiaddr } = await import('@multiformats/multiaddr')
  const { peerIdFromString } = await import('@libp2p/peer-id')
  const example = use === 'listen' ? '/ip4/0.0.0.0/tcp/4001/ws' : '/ip4/192.0.2.1/tcp/4001/ws/p2p/12D3...'
  for (const address of addresses) {
    if (!parses(() => multiaddr(address))) {
      throw new UsageError(`--${use} ${address}: not a multiaddr such as ${example}`)
    }
    if (!(use === 'listen' ? LISTEN : DIAL).test(address)) {
      throw new UsageError(
        `--${use} ${address}: Starling speaks TCP, WebSocket and webrtc-direct, for example ${example}`
      )
    }
    for (const [, peer = ''] of address.matchAll(/\/p2p\/([^/]+)/g)) {
      if (!parses(() => peerIdFromString(peer))) throw new UsageError(`--${use} ${address}: ${peer} is not a PeerId`)
    }
  }
}

function parses(parse: () => unknown): boolean {
  try {
    parse()
    return true
  } catch {
    return false
  }
}
