import { errorMessage } from '../bytes/index.ts'
import type { Network, Reach, Stranger } from '../network/index.ts'
import type { TransportName, TransportTrial } from './report.ts'

const FORMS: Record<'tcp' | 'ws' | 'webrtc-direct', RegExp> = {
  tcp: /\/tcp\/\d+\/p2p\/[^/]+$/,
  ws: /\/(?:ws|wss)\/p2p\/[^/]+$/,
  'webrtc-direct': /\/webrtc-direct\/.*\/p2p\/[^/]+$/
}
/** Addresses of one transport that are dialled before it counts as failed, on as many hosts as can be. */
const MAX_TRIES = 3
const LIMIT_MS = 8_000

/** Dials some of the relays at once, as far as proving who is there: one that answers is enough. */
export async function tryOutbound(
  transport: keyof typeof FORMS,
  addresses: readonly string[],
  reach: Reach,
  signal: AbortSignal
): Promise<TransportTrial> {
  const wanted = addresses.filter(address => FORMS[transport].test(address) && !address.includes('/p2p-circuit'))
  const trials = await Promise.all(
    wanted
      .slice(0, MAX_TRIES)
      .map(async address => tryOne(transport, address, signal, limited => reach.dial(address, limited)))
  )
  return trials.find(({ state }) => state === 'works') ?? trials[0] ?? notTried(transport, 'untried')
}

/** Another peer on this machine looks for this one through the places at relays. */
export async function tryRelayed(
  transport: 'circuit' | 'webrtc',
  network: Network,
  stranger: Stranger,
  signal: AbortSignal
): Promise<TransportTrial> {
  const circuits = network.addresses().filter(address => /\/p2p-circuit\/p2p\/[^/]+$/.test(address))
  const addresses =
    transport === 'circuit' ? circuits : circuits.map(each => each.replace('/p2p-circuit/', '/p2p-circuit/webrtc/'))
  // One after the other: libp2p takes two dials to one peer for the same.
  let trial = notTried(transport, 'untried')
  for (const address of addresses.slice(0, MAX_TRIES)) {
    trial = await tryOne(transport, address, signal, limited => stranger.reach(address, limited))
    if (trial.state === 'works') break
  }
  return trial
}

export function notTried(transport: TransportName, state: 'off' | 'untried'): TransportTrial {
  return { transport, state, ms: null, address: null, reason: null }
}

async function tryOne(
  transport: TransportName,
  address: string,
  signal: AbortSignal,
  run: (signal: AbortSignal) => Promise<number>
): Promise<TransportTrial> {
  const limit = AbortSignal.timeout(LIMIT_MS)
  try {
    const ms = await run(AbortSignal.any([signal, limit]))
    return { transport, state: 'works', ms, address, reason: null }
  } catch (thrown) {
    signal.throwIfAborted()
    return { transport, state: 'fails', ms: null, address, reason: reasonOf(thrown, limit) }
  }
}

function reasonOf(thrown: unknown, limit: AbortSignal): string {
  if (limit.aborted) return 'no answer in time'
  const message = thrown instanceof AggregateError ? errorMessage(thrown.errors[0]) : errorMessage(thrown)
  return message.replaceAll(/\s*[\r\n]+\s*/g, ' ').trim()
}
