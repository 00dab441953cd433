import type { Clock, Millis } from '../../bytes/index.ts'
import { withDeadline } from './deadline.ts'
import type { TransportFactory } from './options.ts'

/**
 * Six round trips by UDP (ICE, DTLS, Noise), round the world and with losses. Over UDP nobody refuses: whoever dials an
 * address at which nobody answers waits for as long as it is let, and its other addresses with it.
 */
const DIRECT_LIMIT: Millis = 5_000

/** The same transport; if it dials `/webrtc-direct`, it gives up soon. */
export function quickToGiveUp(clock: Clock, factory: TransportFactory): TransportFactory {
  return components => {
    const transport = factory(components)
    if (transport[Symbol.toStringTag] !== '@libp2p/webrtc-direct') return transport
    const dial = transport.dial.bind(transport)
    transport.dial = (address, options) =>
      withDeadline(clock, DIRECT_LIMIT, options.signal, signal => dial(address, { ...options, signal }))
    return transport
  }
}
