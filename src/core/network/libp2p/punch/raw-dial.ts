import type { Connection, MultiaddrConnection, Upgrader } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { TransportFactory } from '../options.ts'

/** What libp2p gives to a service. */
type Components = Pick<Parameters<TransportFactory>[0], 'transportManager' | 'upgrader'>

export interface RawDialOptions {
  readonly localPort: number
  /** Whether this side begins the handshakes; the other must not. */
  readonly initiator: boolean
  readonly signal: AbortSignal
}

/** Dials TCP from a given local port, past the dial queue, which drops both of what is asked for here. */
export interface RawDial {
  dial(address: Multiaddr, options: RawDialOptions): Promise<Connection>
}

export function createRawDial({ transportManager, upgrader }: Components): RawDial {
  return {
    async dial(address, { localPort, initiator, signal }) {
      const transport = transportManager.dialTransportForMultiaddr(address)
      if (transport === undefined) throw new Error('there is no transport for this address')
      // The upgrader heeds `initiator` for the handshakes; the muxer goes by the direction of what it is given, and two
      // that both open streams with odd numbers would mix them up.
      const asTold = {
        upgradeOutbound(raw: MultiaddrConnection, options: Parameters<Upgrader['upgradeOutbound']>[1]) {
          if (!initiator) Object.defineProperty(raw, 'direction', { value: 'inbound' })
          return upgrader.upgradeOutbound(raw, options)
        }
      }
      const options: object = { localPort, initiator, signal, upgrader: asTold }
      return transport.dial(address, options as Parameters<typeof transport.dial>[1])
    }
  }
}
