import type { Listener } from '@libp2p/interface'
import { webRTCDirect } from '@libp2p/webrtc'
import type { Libp2pNetworkOptions } from '../../core/network/index.ts'

type TransportFactory = Libp2pNetworkOptions['transports'][number]

/** By then nobody sends to a port that was left; mostly the process has ended long before. */
const LET_GO_AFTER_MS = 60_000

/** What the listener has behind its public type (`@libp2p/webrtc`, private-to-public/listener.d.ts). */
interface DirectListener extends Listener {
  readonly connections: ReadonlyMap<string, { close(): void }>
  readonly shutdownController: AbortController
}

/**
 * webrtc-direct whose listener closes its connections when asked to, and gives its port back later. node-datachannel
 * (0.33.4) frees the part that waits at the port at once, while its thread still calls it for each STUN request that
 * belongs to no connection: what a peer sends that was connected a moment ago would end the process.
 */
export function patientWebRTCDirect(): TransportFactory {
  // It needs no ICE servers; without a list of its own it would ask those of third parties.
  const create = webRTCDirect({ rtcConfiguration: { iceServers: [] } })
  return components => {
    const transport = create(components)
    const createListener = transport.createListener.bind(transport)
    transport.createListener = options => patient(createListener(options) as DirectListener)
    return transport
  }
}

function patient(listener: DirectListener): Listener {
  const close = listener.close.bind(listener)
  listener.close = async () => {
    for (const connection of listener.connections.values()) connection.close()
    listener.shutdownController.abort()
    setTimeout(() => void close().catch(() => undefined), LET_GO_AFTER_MS).unref()
    listener.dispatchEvent(new CustomEvent('close'))
  }
  return listener
}
