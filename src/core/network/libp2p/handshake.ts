import type { Connection, MultiaddrConnection, PeerId as Libp2pPeerId, Upgrader } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import type { Millis } from '../../bytes/index.ts'
import { peerOfAddress } from './addresses.ts'
import type { TransportFactory } from './options.ts'
import { toLibp2pPeer } from './peer-ids.ts'

export type Components = Parameters<TransportFactory>[0]

/** What libp2p's upgrader has behind its public type (`libp2p`, upgrader.d.ts). */
interface Encrypting {
  _encryptOutbound(
    stream: MultiaddrConnection,
    options: { signal: AbortSignal; remotePeer: Libp2pPeerId | undefined; skipStreamMuxerNegotiation: true }
  ): Promise<{ remotePeer: Libp2pPeerId }>
}

/**
 * Dials the address until whoever is there has proved to be the peer that it names, and hangs up: no connection comes of
 * it that either side would take for one more way to talk. The time until then.
 */
export async function shakeHands(components: Components, address: string, signal: AbortSignal): Promise<Millis> {
  const target = multiaddr(address)
  const peer = peerOfAddress(address)
  const transport = components.transportManager.getTransports().find(each => each.dialFilter([target]).length > 0)
  if (transport === undefined || peer === undefined) throw new Error('nothing here can dial this address')
  const began = performance.now()
  let met: Millis | undefined
  await transport.dial(target, {
    signal,
    upgrader: handshakeOnly(components.upgrader, toLibp2pPeer(peer), () => (met ??= performance.now() - began))
  })
  if (met === undefined) throw new Error('another peer is at this address')
  return Math.round(met * 10) / 10
}

/** Over WebRTC at once: ICE would go on asking for a while. */
function hangUp(connection: MultiaddrConnection, signal: AbortSignal): void {
  const abort = (why: Error): void => connection.abort(why)
  if (connection.remoteAddr.toString().includes('/webrtc-direct')) return abort(new Error('the handshake is done'))
  void connection.close({ signal }).catch(abort)
}

function handshakeOnly(upgrader: Upgrader, expected: Libp2pPeerId | undefined, met: () => void): Upgrader {
  const encrypting = upgrader as unknown as Encrypting
  async function upgradeOutbound(
    connection: MultiaddrConnection,
    options: { signal: AbortSignal; skipEncryption?: boolean; remotePeer?: Libp2pPeerId }
  ): Promise<Connection> {
    try {
      // Over WebRTC the transport itself has seen to it.
      const remotePeer = options.skipEncryption === true ? options.remotePeer : await proved(connection, options.signal)
      if (remotePeer?.toString() === expected?.toString()) met()
    } finally {
      hangUp(connection, options.signal)
    }
    // Transports hand it through; the caller above looks at nothing of it.
    return undefined as unknown as Connection
  }
  async function proved(connection: MultiaddrConnection, signal: AbortSignal): Promise<Libp2pPeerId> {
    // With a muxer agreed on in the handshake, the other side would count this as a connection at once.
    const options = { signal, remotePeer: expected, skipStreamMuxerNegotiation: true } as const
    return (await encrypting._encryptOutbound(connection, options)).remotePeer
  }
  return Object.assign(Object.create(upgrader) as Upgrader, { upgradeOutbound })
}
