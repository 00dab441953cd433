import type { Connection, Stream } from '@libp2p/interface'
import { CappedMap, concatBytes, errorMessage, type Millis } from '../../bytes/index.ts'
import type { ProtocolLimits } from '../network.ts'
import { pathOfAddress, withPeer } from './addresses.ts'
import { withDeadline } from './deadline.ts'
import { createFrameStream } from './frame-stream.ts'
import { shakeHands, type Components } from './handshake.ts'
import { hostOfAddress, portOfAddress } from './hosts.ts'
import { fromLibp2pPeer } from './peer-ids.ts'
import {
  decodeReachAsk,
  encodeReachAnswer,
  MAX_REACH_FRAME_BYTES,
  REACH_PROTOCOL,
  type ReachAsk,
  type ReachOutcome
} from './reach-codec.ts'
import type { Scope } from './scope.ts'
import { createStreamSlots } from './stream-slots.ts'

/** Sends one UDP packet from a port that nothing else uses. */
export type SendPacket = (host: string, port: number, packet: Uint8Array) => Promise<void>

/** Some round trips, a lost packet included. */
const DIAL_LIMIT: Millis = 5_000
export const REACH_LIMITS: ProtocolLimits = {
  maxFrameBytes: MAX_REACH_FRAME_BYTES,
  maxTotalBytes: MAX_REACH_FRAME_BYTES,
  maxDuration: DIAL_LIMIT + 4_000,
  maxStreamsPerPeer: 4,
  maxStreams: 64
}
const WINDOW: Millis = 60_000
/** Dials and packets to one host in a minute: a peer has a handful of addresses, and NATs have several peers behind them. */
const TRIES_PER_HOST = 60
/** All together: this peer is no scanner, whoever asks. */
const TRIES = 600
/** RFC 8489, section 5: a binding indication, no attributes, the magic cookie. */
const BINDING_INDICATION = Uint8Array.of(0x00, 0x11, 0, 0, 0x21, 0x12, 0xa4, 0x42)

/** Answers peers that ask how they look from here. What is sent goes to the host that the asker is connected from. */
export function serveReach(scope: Scope, components: Components, sendPacket: SendPacket | undefined): () => void {
  const slots = createStreamSlots(REACH_LIMITS)
  const tries = createTries(scope)

  function opened(stream: Stream, connection: Connection): void {
    const peer = fromLibp2pPeer(connection.remotePeer)
    if (stream.status !== 'open') return
    if (!slots.take(peer, stream)) return stream.abort(new Error('too many streams at a time'))
    const frames = createFrameStream(scope.clock, stream, peer, REACH_LIMITS)
    const answer = async (): Promise<void> => {
      const frame = await frames.read()
      if (frame === undefined) return
      slots.heard(stream)
      const ask = decodeReachAsk(frame)
      if (!ask.ok) throw new Error(ask.error)
      const outcome = ask.value === undefined ? 'unknown' : await done(ask.value, connection)
      const observed = isDirect(connection) ? connection.remoteAddr.toString() : ''
      await frames.write(encodeReachAnswer({ outcome, time: scope.clock.now(), observed }))
      await frames.end()
    }
    answer().catch((thrown: unknown) => frames.abort(errorMessage(thrown)))
  }

  function done(ask: ReachAsk, connection: Connection): Promise<ReachOutcome> | ReachOutcome {
    if (ask.kind === 'look') return 'done'
    const host = hostOfAddress(connection.remoteAddr.toString())
    if (host === undefined || !isDirect(connection)) return 'refused'
    if (ask.kind === 'dial') {
      const address = withPeer(ask.address, fromLibp2pPeer(connection.remotePeer))
      if (!isAt(host, address)) return 'refused'
      return tryTo(host, signal => shakeHands(components, address, signal))
    }
    if (sendPacket === undefined) return 'unknown'
    if (ask.port === 0) return 'refused'
    return tryTo(host, () => sendPacket(host, ask.port, concatBytes([BINDING_INDICATION, ask.transaction])))
  }

  async function tryTo(host: string, run: (signal: AbortSignal) => Promise<unknown>): Promise<ReachOutcome> {
    if (!tries.take(host)) return 'busy'
    return withDeadline(scope.clock, DIAL_LIMIT, scope.signal, run).then(
      () => 'done',
      () => 'failed'
    )
  }

  const options = { maxInboundStreams: REACH_LIMITS.maxStreamsPerPeer, runOnLimitedConnection: true }
  void scope.node.handle(REACH_PROTOCOL, opened, options).catch(() => undefined)
  return () => void scope.node.unhandle(REACH_PROTOCOL).catch(() => undefined)
}

function isDirect(connection: Connection): boolean {
  return pathOfAddress(connection.remoteAddr.toString()) === 'direct'
}

/** A listener at this very host, reached without detours. */
function isAt(host: string, address: string): boolean {
  return (
    pathOfAddress(address) === 'direct' && hostOfAddress(address) === host && (portOfAddress(address)?.port ?? 0) > 0
  )
}

function createTries({ clock }: Scope): { take(host: string): boolean } {
  const ofHost = new CappedMap<string, number>(TRIES)
  let began = clock.now()
  let all = 0
  return {
    take(host) {
      if (Math.abs(clock.now() - began) >= WINDOW) {
        began = clock.now()
        all = 0
        ofHost.clear()
      }
      const count = ofHost.get(host) ?? 0
      if (count >= TRIES_PER_HOST || all >= TRIES) return false
      all += 1
      ofHost.set(host, count + 1)
      return true
    }
  }
}
