import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import type { Connection } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { ping as answerPings } from '@libp2p/ping'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import type { Millis } from '../../bytes/index.ts'
import type { PeerId } from '../network.ts'
import type { Stranger } from '../reach.ts'
import { pathOfAddress } from './addresses.ts'
import { withDeadline } from './deadline.ts'
import type { Components } from './handshake.ts'
import type { Libp2pNetworkOptions } from './options.ts'
import { fromLibp2pPeer } from './peer-ids.ts'
import { ping } from './ping.ts'
import { askOver, lookOver } from './witnesses.ts'

/** Longer than ICE takes to give up, which says more than that time ran out. */
const DIAL_LIMIT: Millis = 15_000

/**
 * A libp2p node that knows nobody, listens nowhere and is forgotten afterwards: what it reaches, others reach, and what
 * it dials, it dials afresh.
 */
export async function createStranger(
  options: Libp2pNetworkOptions,
  strangers: Set<PeerId> = new Set()
): Promise<Stranger> {
  let components: Components | undefined
  const node = await createLibp2p({
    nodeInfo: { name: 'starling', version: '0', userAgent: 'starling-doctor' },
    addresses: { listen: [] },
    transports: [
      ...options.transports,
      found => {
        components = found
        return circuitRelayTransport()(found)
      }
    ],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionMonitor: { enabled: false },
    connectionManager: { reconnectRetries: 0, addressDialTimeout: DIAL_LIMIT, dialTimeout: DIAL_LIMIT },
    connectionGater: { denyDialMultiaddr: () => false },
    // Our peers ping whoever comes by WebRTC, and hang up when nothing comes back.
    services: { identify: identify({ runOnConnectionOpen: false }), ping: answerPings() }
  })

  const self = fromLibp2pPeer(node.peerId)
  strangers.add(self)

  function within<T>(signal: AbortSignal, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return withDeadline(options.clock, DIAL_LIMIT, signal, run)
  }

  return {
    look: (address, localPort, signal) =>
      within(signal, async either => {
        // The dial queue would drop the port.
        const how = { signal: either, ...(localPort !== undefined && { localPort }) }
        const connection = await components?.transportManager.dial(multiaddr(address), how)
        if (connection === undefined) throw new Error('nothing here can dial this address')
        try {
          return await lookOver(options.clock, () => askOver(options, connection, { kind: 'look' }, either))
        } finally {
          await hangUp(connection)
        }
      }),
    reach: (address, signal) =>
      within(signal, async either => {
        const began = performance.now()
        const connection = await node.dial(multiaddr(address), { signal: either, force: true })
        try {
          // Where WebRTC fails, the circuit that it was signalled over may be what is left.
          if (pathOfAddress(connection.remoteAddr.toString()) !== pathOfAddress(address))
            throw new Error('another way was found')
          await ping(connection, either)
        } finally {
          await hangUp(connection)
        }
        return Math.round((performance.now() - began) * 10) / 10
      }),
    async stop() {
      await node.stop()
      strangers.delete(self)
    }
  }
}

function hangUp(connection: Connection): Promise<void> {
  return connection.close().catch((thrown: Error) => connection.abort(thrown))
}
