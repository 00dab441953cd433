import type { Connection } from '@libp2p/interface'
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import { CappedMap, errorMessage, type Millis } from '../../../bytes/index.ts'
import type { FrameStream, PeerId, ProtocolLimits } from '../../network.ts'
import type { PathReason } from '../../path-reasons.ts'
import { withPeer } from '../addresses.ts'
import { withDeadline } from '../deadline.ts'
import { toLibp2pPeer } from '../peer-ids.ts'
import type { Streams } from '../streams.ts'
import { DCUTR_PROTOCOL, decodeHolePunch, encodeHolePunch, MAX_MESSAGE_BYTES, type HolePunch } from './dcutr-message.ts'
import { addressOf, punchable, type Endpoint } from './endpoint.ts'
import { createOwnEndpoints, type OwnEndpointsDeps } from './own-endpoints.ts'
import type { RawDialOptions } from './raw-dial.ts'

/** A SYN that meets nobody is sent again after 1 and 3 s. */
const DIAL_LIMIT: Millis = 5_000
const REFUSED_PAUSE: Millis = 2
const QUICK_REFUSED = 100
const LATER_PAUSE: Millis = 100
/** On a usual line each takes a round trip: this many are out of time, not of number. */
const MAX_REFUSED = 130
const EXCHANGE_LIMIT: Millis = 10_000
/** As many as the specification allows, in so much time; on waking it begins anew. */
const MAX_TRIES = 3
const TRIES_PERIOD: Millis = 10 * 60_000
const MAX_COUNTED_PEERS = 1024

const LIMITS: ProtocolLimits = {
  maxFrameBytes: MAX_MESSAGE_BYTES,
  maxTotalBytes: 4 * MAX_MESSAGE_BYTES,
  maxDuration: EXCHANGE_LIMIT + DIAL_LIMIT,
  // Whoever asks makes this peer dial: once at a time.
  maxStreamsPerPeer: 1,
  maxStreams: 8
}

export interface Punching {
  /** Tries to reach the peer at the other end of a circuit that it opened; rejects with the reason when it cannot. */
  punch(peer: PeerId): Promise<void>
  /** Why the last try, of either side, came to nothing. */
  reasonOf(peer: PeerId): PathReason | undefined
  /** Whether this address is one of a peer that is being punched through to. */
  isPunched(address: string): boolean
  /** Another network maybe: what failed may work now. */
  wake(): void
  stop(): void
}

/** A try that came to nothing, for a reason that people are told. */
class NoHoleError extends Error {
  readonly reason: PathReason

  constructor(reason: PathReason, message: string) {
    super(message)
    this.reason = reason
  }
}

/** There was no try: what is known of the last one stands. */
class NotTriedError extends Error {}

export interface PunchingDeps extends OwnEndpointsDeps {
  readonly streams: Streams
}

/**
 * Direct Connection Upgrade through Relay for TCP (https://github.com/libp2p/specs/blob/master/relay/DCUtR.md): two peers behind
 * NATs tell each other over a circuit where their connections come from, and dial each other at one moment, so that each NAT
 * takes the other's SYN for an answer. The circuit is not touched: when it fails, all is as before.
 */
export function createPunching(deps: PunchingDeps): Punching {
  const { scope, connections, streams, rawDial } = deps
  const own = createOwnEndpoints(deps)
  /** Successes, too: a connection that does not last is not made again and again. */
  const tries = new CappedMap<PeerId, readonly Millis[]>(MAX_COUNTED_PEERS)
  const reasons = new CappedMap<PeerId, PathReason>(MAX_COUNTED_PEERS)
  const addresses = new Set<string>()
  const log = scope.node.logger.forComponent('starling:punching')
  const unhandle = streams.handle(DCUTR_PROTOCOL, LIMITS, stream => told(stream.peer, answer(stream)))

  async function punch(peer: PeerId): Promise<void> {
    if (!(await understands(peer))) throw new NoHoleError('punch-unsupported', 'it does not punch holes')
    count(peer)
    const { port, endpoints, doubt } = await own.look()
    if (doubt !== undefined) return doubtful(peer, doubt)
    const stream = await streams.open(peer, DCUTR_PROTOCOL, LIMITS, AbortSignal.timeout(EXCHANGE_LIMIT))
    try {
      const sent = performance.now()
      await stream.write(encodeHolePunch(connectTo(endpoints)))
      const theirs = punchable((await expectMessage(stream, 'connect')).addresses)
      const roundTrip = Math.min(performance.now() - sent, connections.best(peer)?.rtt ?? Infinity)
      if (theirs.length === 0) throw new NoHoleError('punch-no-endpoint', 'it names no address that can be dialled')
      await stream.write(encodeHolePunch({ type: 'sync', addresses: [] }))
      await pause(roundTrip / 2)
      await dialAll(peer, theirs, port, false)
      await stream.end()
    } catch (thrown) {
      stream.abort(errorMessage(thrown))
      throw thrown
    }
  }

  /** No address to name; the other side is told that much, or it would not know why nothing came of it. */
  async function doubtful(peer: PeerId, doubt: PathReason): Promise<never> {
    try {
      const stream = await streams.open(peer, DCUTR_PROTOCOL, LIMITS, AbortSignal.timeout(EXCHANGE_LIMIT))
      await stream.write(encodeHolePunch(connectTo([])))
      await stream.end()
    } catch (thrown) {
      log('%s was not told that there is no hole: %s', peer, errorMessage(thrown))
    }
    throw new NoHoleError(doubt, 'where this peer will be seen from cannot be told')
  }

  /** The other side of `punch`. */
  async function answer(stream: FrameStream): Promise<void> {
    const { peer } = stream
    if (connections.best(peer)?.path !== 'relayed') throw new NotTriedError('there is a better way already')
    count(peer)
    const theirs = punchable((await expectMessage(stream, 'connect')).addresses)
    const { port, endpoints, doubt } = await own.look()
    if (theirs.length === 0)
      throw new NoHoleError(doubt ?? 'punch-no-endpoint', 'it names no address that can be dialled')
    await stream.write(encodeHolePunch(connectTo(endpoints)))
    if (doubt !== undefined) throw new NoHoleError(doubt, 'where this peer will be seen from cannot be told')
    await expectMessage(stream, 'sync')
    await dialAll(peer, theirs, port, true)
  }

  /** Dials all of them at once; the first that answers as this peer is kept. */
  async function dialAll(peer: PeerId, theirs: readonly Endpoint[], localPort: number, initiator: boolean) {
    const all = theirs.map(endpoint => withPeer(addressOf(endpoint), peer))
    for (const address of all) addresses.add(address)
    try {
      await withDeadline(scope.clock, DIAL_LIMIT, scope.signal, signal =>
        // The signal lives on in the socket: who loses is left to the deadline, for there is one peer to answer.
        Promise.any(all.map(address => dialAgain(multiaddr(address), { localPort, initiator, signal })))
      )
    } catch (thrown) {
      own.renew()
      throw new NoHoleError('punch-failed', errorMessage(thrown))
    } finally {
      for (const address of all) addresses.delete(address)
    }
  }

  /**
   * A NAT that lets everybody in passes on a SYN that is early, which the other's system then refuses. For two of these SYNs
   * to cross, one side must be dialling all the time around the moment at which the other does.
   */
  async function dialAgain(address: Multiaddr, options: RawDialOptions): Promise<Connection> {
    for (let count = 1; ; count += 1) {
      try {
        return await rawDial.dial(address, options)
      } catch (thrown) {
        if (count >= MAX_REFUSED) throw thrown
        await pause(count < QUICK_REFUSED ? REFUSED_PAUSE : LATER_PAUSE)
        if (options.signal.aborted) throw thrown
      }
    }
  }

  /** Who was dialled over the circuit begins, by the specification; where both have dialled, the smaller PeerId. */
  function isOurTurn(peer: PeerId): boolean {
    const directions = new Set(connections.of(peer).map(({ connection }) => connection.direction))
    if (directions.has('inbound') && directions.has('outbound')) return scope.node.peerId.toString() < peer
    return directions.has('inbound')
  }

  async function understands(peer: PeerId): Promise<boolean> {
    const id = toLibp2pPeer(peer)
    const known = id && (await scope.node.peerStore.get(id).catch(() => undefined))
    return known?.protocols.includes(DCUTR_PROTOCOL) ?? false
  }

  function count(peer: PeerId): void {
    const now = scope.clock.now()
    const recent = (tries.get(peer) ?? []).filter(time => now - time < TRIES_PERIOD)
    if (recent.length >= MAX_TRIES) throw new NotTriedError('it was tried often enough')
    tries.set(peer, [...recent, now])
  }

  function pause(time: Millis): Promise<void> {
    return new Promise(resolve => scope.clock.after(time, resolve))
  }

  /** Why there is no hole, for people in one word, and for `DEBUG=starling:punching` as it was: the circuit goes on. */
  async function told(peer: PeerId, attempt: Promise<void>): Promise<void> {
    try {
      await attempt
      reasons.delete(peer)
    } catch (thrown) {
      if (!(thrown instanceof NotTriedError)) {
        reasons.set(peer, thrown instanceof NoHoleError ? thrown.reason : 'punch-no-exchange')
      }
      log('no hole to %s: %s', peer, errorMessage(thrown))
      throw thrown
    }
  }

  return {
    punch: async peer => (isOurTurn(peer) ? told(peer, punch(peer)) : undefined),
    reasonOf: peer => reasons.get(peer),
    isPunched: address => addresses.has(address),
    wake() {
      tries.clear()
      own.renew()
    },
    stop() {
      unhandle()
      own.stop()
    }
  }
}

function connectTo(endpoints: readonly Endpoint[]): HolePunch {
  return { type: 'connect', addresses: endpoints.map(addressOf) }
}

async function expectMessage(stream: FrameStream, type: HolePunch['type']): Promise<HolePunch> {
  const frame = await stream.read()
  const message = frame && decodeHolePunch(frame)
  if (message === undefined) throw new Error('the other side ended the exchange')
  if (!message.ok) throw new Error(message.error)
  if (message.value.type !== type) throw new Error(`a ${message.value.type} where a ${type} was due`)
  return message.value
}
