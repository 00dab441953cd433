import type { Network, Reach, Stranger } from '../../core/network/index.ts'
import { errorMessage, oneLine } from '../exits.ts'
import type { TransportName, TransportTrial } from './report.ts'

const FORMS: Record<'tcp' | 'ws' | 'webrtc-direct', RegExp> = {
  tcp: /\/tcp\/\d+\/p2p\/[^/]+$/,
  ws: /\/(?:ws|wss)\/p2p\/[^/]+$/,
  'webrtc-direct': /\/webrtc-direct\/.*\/p2p\/[^/]+$/
}
/** Addresses of one transport that are dialled before it counts as failed. */
const MAX_TRIES = 3
const LIMIT_MS = 8_000

/** Dials each of the relays' transports afresh, as far as proving who is there. */
export function tryOutbound(
  transport: keyof typeof FORMS,
  addresses: readonly string[],
  reach: Reach,
  signal: AbortSignal
): Promise<TransportTrial> {
  const wanted = addresses.filter(address => FORMS[transport].test(address) && !address.includes('/p2p-circuit'))
  return tryInTurn(transport, wanted, signal, (address, limited) => reach.dial(address, limited))
}

/** Another peer on this machine looks for this one through the places at relays. */
export function tryRelayed(
  transport: 'circuit' | 'webrtc',
  network: Network,
  stranger: Stranger,
  signal: AbortSignal
): Promise<TransportTrial> {
  const circuits = network.addresses().filter(address => /\/p2p-circuit\/p2p\/[^/]+$/.test(address))
  const addresses =
    transport === 'circuit' ? circuits : circuits.map(each => each.replace('/p2p-circuit/', '/p2p-circuit/webrtc/'))
  return tryInTurn(transport, addresses, signal, (address, limited) => stranger.reach(address, limited))
}

export function notTried(transport: TransportName, state: 'off' | 'untried'): TransportTrial {
  return { transport, state, ms: null, address: null, reason: null }
}

async function tryInTurn(
  transport: TransportName,
  addresses: readonly string[],
  signal: AbortSignal,
  run: (address: string, signal: AbortSignal) => Promise<number>
): Promise<TransportTrial> {
  let trial = notTried(transport, 'untried')
  for (const address of addresses.slice(0, MAX_TRIES)) {
    const limit = AbortSignal.timeout(LIMIT_MS)
    try {
      const ms = await run(address, AbortSignal.any([signal, limit]))
      return { transport, state: 'works', ms, address, reason: null }
    } catch (thrown) {
      signal.throwIfAborted()
      trial = { transport, state: 'fails', ms: null, address, reason: reasonOf(thrown, limit) }
    }
  }
  return trial
}

function reasonOf(thrown: unknown, limit: AbortSignal): string {
  if (limit.aborted) return 'no answer in time'
  return oneLine(thrown instanceof AggregateError ? errorMessage(thrown.errors[0]) : errorMessage(thrown))
}
