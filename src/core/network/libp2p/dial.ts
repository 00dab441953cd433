import type { Connection } from '@libp2p/interface'
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import type { Millis } from '../../bytes/index.ts'
import type { Path, PeerId } from '../network.ts'
import { circuitOf, pathOfAddress, peerOfAddress } from './addresses.ts'
import { withDeadline } from './deadline.ts'
import { compareForDialling } from './dialler.ts'
import { ADDRESS_DIAL_TIMEOUT, DIAL_TIMEOUT } from './node.ts'
import { pause } from './pause.ts'
import { connectionsTo, fromLibp2pPeer } from './peer-ids.ts'
import type { Scope } from './scope.ts'

/** RFC 8305, section 5: the next address is tried beside one that has not answered by then. */
export const ATTEMPT_DELAY: Millis = 250
/** Direct addresses are tried this long before the circuits beside them: some lead nowhere, and each takes its full time to show it. */
const DIRECT_HEAD_START: Millis = 1_000
/** Beside circuits; what takes longer is found when the path is to be improved. Many who have gone must not keep others waiting for their turn. */
const DIRECT_LIMIT: Millis = 3_000
/** Addresses of one peer that are tried, circuits among them; whoever announces more is not to be followed everywhere. */
const MAX_ADDRESSES = 16
const MAX_CIRCUITS = 4

/**
 * Opens a connection to the one peer at these addresses; rejects when none answers. Over a circuit where no direct address answers soon: what is
 * better, WebRTC included, comes when the path is improved.
 */
export async function dial(scope: Scope, addresses: readonly string[]): Promise<PeerId> {
  const usable = await dialableAddresses(scope, addresses.map(circuitOf))
  const circuits = usable.filter(address => pathOf(address) === 'relayed')
  const direct = usable.filter(address => pathOf(address) === 'direct')
  // Where there is a circuit, what is elsewhere is left for when the path is to be improved.
  const near = circuits.length === 0 ? direct : direct.filter(address => !scope.dialler.isElsewhere(address))
  if (near.length + circuits.length === 0) throw new Error('none of the addresses can be dialled from here')
  const connection = await withDeadline(scope.clock, DIAL_TIMEOUT, scope.signal, signal =>
    untilFirst(signal, async either => {
      const limit = circuits.length === 0 ? DIAL_TIMEOUT : DIRECT_LIMIT
      const byDirect = withDeadline(scope.clock, limit, either, ended =>
        openFirst({ ...scope, signal: ended }, near, ATTEMPT_DELAY)
      )
      const byCircuit = async (): Promise<Connection> => {
        await Promise.race([byDirect.catch(() => undefined), pause(scope.clock, DIRECT_HEAD_START, either)])
        return connectionTo(scope, usable) ?? openFirst({ ...scope, signal: either }, circuits, ATTEMPT_DELAY)
      }
      return Promise.any([byDirect, byCircuit()])
    })
  )
  return fromLibp2pPeer(connection.remotePeer)
}

/** Somebody else, or the peer itself, may have been faster. */
function connectionTo(scope: Scope, addresses: readonly Multiaddr[]): Connection | undefined {
  const peer = addresses.map(address => peerOfAddress(address.toString())).find(found => found !== undefined)
  return peer === undefined ? undefined : connectionsTo(scope.node, peer)[0]
}

/** Those of the addresses for which there is a transport, best first. */
export async function dialableAddresses(scope: Scope, addresses: readonly string[]): Promise<Multiaddr[]> {
  const { canDial, isElsewhere } = scope.dialler
  const parsed = [...new Set(addresses)].flatMap(text => parse(text) ?? [])
  const dialable = await Promise.all(parsed.map(canDial))
  const known = parsed.filter((_, index) => dialable[index]).sort(compareForDialling)
  const far = known.filter(isElsewhere)
  const usable = [...known.filter(address => !far.includes(address)), ...far]
  const circuits = usable.filter(address => pathOf(address) === 'relayed').slice(0, MAX_CIRCUITS)
  const others = usable.filter(address => pathOf(address) !== 'relayed')
  return [...others.slice(0, MAX_ADDRESSES - circuits.length), ...circuits]
}

/**
 * Opens a connection at the first of these addresses that answers, each tried once those before have failed or taken `delay`; rejects with all
 * that went wrong when none answers.
 */
export function openFirst(scope: Scope, addresses: readonly Multiaddr[], delay: Millis): Promise<Connection> {
  return untilFirst(scope.signal, async signal => {
    const attempts: Promise<Connection>[] = []
    for (const address of addresses) {
      const attempt = openAt({ ...scope, signal }, address)
      attempts.push(attempt)
      const answer = Promise.any(attempts).catch(() => undefined)
      const failure = attempt.then(
        () => answer,
        () => undefined
      )
      const first = await Promise.race([answer, failure, pause(scope.clock, delay, signal)])
      if (first !== undefined) return first
    }
    return Promise.any(attempts)
  })
}

async function openAt(scope: Scope, address: Multiaddr): Promise<Connection> {
  const connection = await withDeadline(scope.clock, ADDRESS_DIAL_TIMEOUT, scope.signal, signal =>
    scope.dialler.open(address, signal)
  )
  // Of two dials of one peer at a time both may succeed.
  const other = connectionsTo(scope.node, fromLibp2pPeer(connection.remotePeer)).find(
    each => each.id !== connection.id && each.direction === 'outbound' && pathOf(each.remoteAddr) === pathOf(address)
  )
  if (other === undefined) return connection
  connection.abort(new Error('there is one already'))
  return other
}

/** Runs a task with a signal that fires when it has ended, for what it has left under way. */
async function untilFirst<T>(parent: AbortSignal, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const ended = new AbortController()
  try {
    return await run(AbortSignal.any([parent, ended.signal]))
  } finally {
    ended.abort(new Error('another was faster'))
  }
}

function pathOf(address: Multiaddr): Path {
  return pathOfAddress(address.toString())
}

function parse(address: string): Multiaddr | undefined {
  try {
    return multiaddr(address)
  } catch {
    return undefined
  }
}
