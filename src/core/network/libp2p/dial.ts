import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import type { Millis } from '../../bytes/index.ts'
import type { Path, PeerId } from '../network.ts'
import { compareAddresses, pathOfAddress, peerOfAddress } from './addresses.ts'
import { withDeadline } from './deadline.ts'
import { isElsewhere } from './elsewhere.ts'
import { DIAL_TIMEOUT } from './node.ts'
import { connectionsTo } from './peer-ids.ts'
import type { Scope } from './scope.ts'

/**
 * Direct addresses are tried this long before the relayed ones: a peer behind a NAT lists addresses of its own network,
 * where each try would run into its full timeout. What fails here is tried again when the path is to be improved.
 */
const DIRECT_HEAD_START: Millis = 3_000
/** Addresses of one peer that are tried, circuits among them; whoever announces more is not to be followed everywhere. */
const MAX_ADDRESSES = 16
const MAX_CIRCUITS = 4
/** Somebody else may be dialling the peer for longer. */
const MAX_TURNS = 20

/**
 * Opens a connection to the one peer at these addresses, the best first; rejects when none answers. WebRTC opens a
 * circuit to signal over: when it fails, the circuit is what was reached.
 */
export async function dial(scope: Scope, addresses: readonly string[]): Promise<PeerId> {
  const usable = await dialableAddresses(scope, addresses)
  const over = (path: Path): Multiaddr[] => usable.filter(address => pathOf(address) === path)
  const [direct, webrtc, relayed] = [over('direct'), over('webrtc'), over('relayed')]
  // Where there is a circuit, what is elsewhere is left for when the path is to be improved.
  const near =
    relayed.length === 0 ? direct : direct.filter(address => !isElsewhere(address, scope.node.getMultiaddrs()))
  const stages = [near, webrtc, relayed].filter(stage => stage.length > 0)
  if (stages.length === 0) throw new Error('none of the addresses can be dialled from here')
  const isHeldUp = (): boolean => relayed.length > 0 && isBeingDialled(scope, usable)
  for (const stage of stages.slice(0, -1)) {
    if (stage === webrtc && isHeldUp()) return circuitPastQueue(scope, relayed)
    const limit = pathOf(stage[0]) === 'direct' ? DIRECT_HEAD_START : DIAL_TIMEOUT
    const reached = (await optional(dialInTurn(scope, stage, limit))) ?? connectedPeer(scope, usable)
    if (reached !== undefined) return reached
  }
  return isHeldUp() ? circuitPastQueue(scope, relayed) : dialInTurn(scope, stages.at(-1) ?? [], DIAL_TIMEOUT)
}

/** The DHT dials whom it hears of, too, and tries what leads nowhere for up to half a minute: what we dial would join it, and wait. */
function isBeingDialled(scope: Scope, addresses: readonly Multiaddr[]): boolean {
  const peer = peerOf(addresses)
  return peer !== undefined && scope.node.getDialQueue().some(({ peerId }) => peerId?.toString() === peer)
}

/** WebRTC comes when the path is improved. */
async function circuitPastQueue(scope: Scope, circuits: readonly Multiaddr[]): Promise<PeerId> {
  const open = async (signal: AbortSignal): Promise<PeerId> => {
    for (const address of circuits) {
      const connection = await optional(scope.dialPastQueue(address, signal))
      if (connection !== undefined) return connection.remotePeer.toString() as PeerId
      signal.throwIfAborted()
    }
    throw new Error('no relay leads to this peer')
  }
  return withDeadline(scope.clock, DIAL_TIMEOUT, scope.signal, open)
}

function pathOf(address: Multiaddr | undefined): Path {
  return address === undefined ? 'none' : pathOfAddress(address.toString())
}

function connectedPeer(scope: Scope, addresses: readonly Multiaddr[]): PeerId | undefined {
  const peer = peerOf(addresses)
  return peer !== undefined && connectionsTo(scope.node, peer).length > 0 ? peer : undefined
}

function peerOf(addresses: readonly Multiaddr[]): PeerId | undefined {
  return addresses.map(address => peerOfAddress(address.toString())).find(found => found !== undefined)
}

/** Those of the addresses for which there is a transport, best first. */
export async function dialableAddresses(scope: Scope, addresses: readonly string[]): Promise<Multiaddr[]> {
  const parsed = [...new Set(addresses)].sort(compareAddresses).flatMap(text => parse(text) ?? [])
  const dialable = await Promise.all(parsed.map(address => scope.node.isDialable(address)))
  const usable = parsed.filter((_, index) => dialable[index])
  const circuits = usable.filter(address => pathOf(address) === 'relayed').slice(0, MAX_CIRCUITS)
  const others = usable.filter(address => pathOf(address) !== 'relayed')
  return [...others.slice(0, MAX_ADDRESSES - circuits.length), ...circuits]
}

export async function dialInTurn(scope: Scope, addresses: readonly Multiaddr[], limit: Millis): Promise<PeerId> {
  try {
    const connection = await withDeadline(scope.clock, limit, scope.signal, signal =>
      scope.node.dial([...addresses], { signal })
    )
    return connection.remotePeer.toString() as PeerId
  } catch (thrown) {
    await leaveQueue(scope, addresses)
    throw thrown
  }
}

/**
 * A dial that was given up stays in libp2p's queue for some turns of the event loop (`@libp2p/utils` 7.4.1, queue/job.ts).
 * Whoever dials the peer in these joins it, and is answered by nothing but the end of their own time.
 */
async function leaveQueue(scope: Scope, addresses: readonly Multiaddr[]): Promise<void> {
  for (let turn = 0; turn < MAX_TURNS && isBeingDialled(scope, addresses); turn += 1) {
    await new Promise(resolve => setTimeout(resolve))
  }
}

function parse(address: string): Multiaddr | undefined {
  try {
    return multiaddr(address)
  } catch {
    return undefined
  }
}

function optional<T>(task: Promise<T>): Promise<T | undefined> {
  return task.catch(() => undefined)
}
