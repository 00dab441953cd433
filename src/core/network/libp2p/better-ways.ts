import type { Multiaddr } from '@multiformats/multiaddr'
import type { Millis } from '../../bytes/index.ts'
import type { PeerId } from '../network.ts'
import type { PathReason } from '../path-reasons.ts'
import { comparePaths, pathOfAddress, webrtcOverCircuit, withPeer } from './addresses.ts'
import type { Tracked } from './connections.ts'
import { ATTEMPT_DELAY, dialableAddresses, openFirst } from './dial.ts'
import { withDeadline } from './deadline.ts'
import type { Dialler } from './dialler.ts'
import { DIAL_TIMEOUT } from './node.ts'
import { toLibp2pPeer } from './peer-ids.ts'
import { createRetryTimer } from './retry-timer.ts'
import type { Scope } from './scope.ts'

/** Whoever is near answers within this many times over; whoever announces what is silent must not hold up the next way. */
const NEAR_LIMIT: Millis = 5_000
/** WebRTC that gets through has mostly done so by then; where UDP is blocked it takes half a minute to fail. */
const WEBRTC_USUAL: Millis = 2_500

/** One after the other, so that each says what became of it; addresses that probably lead nowhere come last. */
interface Ways {
  readonly near: readonly Multiaddr[]
  readonly webrtc: readonly Multiaddr[]
  readonly elsewhere: readonly Multiaddr[]
}

/**
 * Dials the relayed peer at what it announces, and by WebRTC signalled over each open circuit. `failed` is told the
 * reasons, when nothing was reached by what may work, and before that what is known when WebRTC takes long; what most
 * probably leads nowhere is tried after that.
 */
export async function tryBetterWays(
  scope: Scope,
  peer: PeerId,
  circuits: readonly Tracked[],
  failed: (reasons: readonly PathReason[]) => void
): Promise<void> {
  const { near, webrtc, elsewhere } = await waysTo(scope, peer, circuits)
  const reasons: PathReason[] = []
  if (near.length === 0) reasons.push(elsewhere.length === 0 ? 'no-address' : 'other-network')
  else if (await reaches(scope, near, NEAR_LIMIT)) return
  else reasons.push('no-answer')
  const tooLong = createRetryTimer(scope.clock)
  tooLong.set(WEBRTC_USUAL, () => failed([...reasons, 'webrtc-trying']))
  const byWebrtc = webrtc.length === 0 ? 'webrtc-off' : await failureOf(scope, webrtc)
  tooLong.clear()
  if (byWebrtc === undefined) return
  failed([...reasons, byWebrtc])
  if (elsewhere.length > 0) await reaches(scope, elsewhere, DIAL_TIMEOUT)
}

/** What the peer announces, and WebRTC over each circuit, which works though the peer may not list it. */
async function waysTo(scope: Scope, peer: PeerId, circuits: readonly Tracked[]): Promise<Ways> {
  const id = toLibp2pPeer(peer)
  const known = id === undefined ? undefined : await scope.node.peerStore.get(id).catch(() => undefined)
  const announced = known?.addresses.map(({ multiaddr }) => withPeer(multiaddr.toString(), peer)) ?? []
  const signalled = circuits.map(({ address }) => webrtcOverCircuit(address))
  const better = [...announced, ...signalled].filter(address => comparePaths(pathOfAddress(address), 'relayed') < 0)
  const usable = await dialableAddresses(scope, better)
  const webrtc = usable.filter(address => pathOfAddress(address.toString()) === 'webrtc')
  const direct = usable.filter(address => !webrtc.includes(address))
  return {
    near: direct.filter(address => !scope.dialler.isElsewhere(address)),
    webrtc,
    elsewhere: direct.filter(scope.dialler.isElsewhere)
  }
}

async function reaches(scope: Scope, addresses: readonly Multiaddr[], limit: Millis): Promise<boolean> {
  return withDeadline(scope.clock, limit, scope.signal, signal =>
    openFirst({ ...scope, signal }, addresses, ATTEMPT_DELAY)
  ).then(
    () => true,
    () => false
  )
}

async function failureOf(scope: Scope, addresses: readonly Multiaddr[]): Promise<PathReason | undefined> {
  const failures: unknown[] = []
  let isSignalled = false
  const dialler = createSignalWatch(scope.dialler, () => (isSignalled = true))
  try {
    await withDeadline(scope.clock, DIAL_TIMEOUT, scope.signal, async signal => {
      for (const address of addresses) {
        const connection = await openFirst({ ...scope, dialler, signal }, [address], DIAL_TIMEOUT).catch(thrown => {
          failures.push(...(thrown instanceof AggregateError ? thrown.errors : [thrown]))
        })
        if (connection !== undefined) return
        // Another circuit would carry the same between the same networks.
        if (isSignalled) break
      }
      throw new AggregateError(failures)
    })
    return undefined
  } catch (thrown) {
    return webrtcFailure(thrown)
  }
}

/** Tells when WebRTC's offer was answered: what fails from then on is ICE. */
function createSignalWatch(dialler: Dialler, signalled: () => void): Dialler {
  return { ...dialler, open: (address, signal) => dialler.open(address, signal, signalled) }
}

/** `@libp2p/webrtc` 6.0.33 keeps to itself how far it came: most failures are those of ICE. */
export function webrtcFailure(thrown: unknown): PathReason {
  const errors: readonly unknown[] = thrown instanceof AggregateError ? thrown.errors : [thrown]
  const isUnsupported = errors.every(each => each instanceof Error && each.name === 'UnsupportedProtocolError')
  return isUnsupported ? 'webrtc-unsupported' : 'webrtc-no-route'
}
