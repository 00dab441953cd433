import type { Transport } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { UsageError } from '../../bytes/index.ts'
import type { TransportFactory } from './options.ts'

/** Refuses addresses for which there is no transport: libp2p passes them over as long as it can listen anywhere. */
export interface ListenCheck {
  capture(factory: TransportFactory): TransportFactory
  check(addresses: readonly string[]): void
}

export function createListenCheck(): ListenCheck {
  const transports: Transport[] = []
  return {
    capture: factory => components => {
      const transport = factory(components)
      transports.push(transport)
      return transport
    },
    check(addresses) {
      for (const address of addresses) {
        const parsed = multiaddr(address)
        if (transports.some(transport => transport.listenFilter([parsed]).length > 0)) continue
        throw new UsageError(`nothing here can listen at ${address}; use tcp, ws, or webrtc-direct`)
      }
    }
  }
}
