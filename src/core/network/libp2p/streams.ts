import type { Connection, Stream } from '@libp2p/interface'
import { UnavailableError, errorMessage, type Millis } from '../../bytes/index.ts'
import type { FrameStream, PeerId, ProtocolLimits, StreamHandler, StreamLimits } from '../network.ts'
import type { Connections } from './connections.ts'
import { createFrameStream } from './frame-stream.ts'
import { fromLibp2pPeer } from './peer-ids.ts'
import type { Scope } from './scope.ts'
import { createStreamSlots } from './stream-slots.ts'
import type { Traffic } from './traffic.ts'

/** After a handler is done the other side may still end in good order. */
const LINGER: Millis = 5_000
/** Streams of one protocol that we open over one connection at a time. */
const MAX_OUTBOUND_STREAMS = 64

export interface Streams {
  open(peer: PeerId, protocol: string, limits: StreamLimits, signal: AbortSignal): Promise<FrameStream>
  handle(protocol: string, limits: ProtocolLimits, handler: StreamHandler): () => void
}

export function createStreams(scope: Scope, connections: Connections, traffic: Traffic): Streams {
  const { node, clock } = scope
  let registration = Promise.resolve()

  async function open(peer: PeerId, protocol: string, limits: StreamLimits, signal: AbortSignal): Promise<FrameStream> {
    const first = connections.best(peer)?.connection
    if (first === undefined) throw new UnavailableError('not connected to this peer')
    const either = AbortSignal.any([signal, scope.signal])
    try {
      return await openOn(first, protocol, limits, either)
    } catch (thrown) {
      const next = connections.best(peer)?.connection
      if (either.aborted) throw either.reason
      // The connection may have given way to a better one meanwhile.
      if (next === undefined || next === first)
        throw new UnavailableError(`no stream to this peer: ${errorMessage(thrown)}`)
      return openOn(next, protocol, limits, either)
    }
  }

  async function openOn(
    connection: Connection,
    protocol: string,
    limits: StreamLimits,
    signal: AbortSignal
  ): Promise<FrameStream> {
    const stream = await connection.newStream(protocol, {
      signal,
      runOnLimitedConnection: true,
      maxOutboundStreams: MAX_OUTBOUND_STREAMS
    })
    const peer = fromLibp2pPeer(connection.remotePeer)
    const frames = createFrameStream(clock, stream, peer, limits)
    traffic.meter(peer, stream)
    return frames
  }

  function handle(protocol: string, limits: ProtocolLimits, handler: StreamHandler): () => void {
    const slots = createStreamSlots(limits)
    const opened = (stream: Stream, connection: Connection): void => {
      const peer = fromLibp2pPeer(connection.remotePeer)
      if (stream.status !== 'open') return
      if (!slots.take(peer, stream)) return stream.abort(new Error('too many streams at a time'))
      const frames = createFrameStream(clock, stream, peer, limits)
      traffic.meter(peer, stream)
      const read = async (): Promise<Uint8Array | undefined> => {
        const frame = await frames.read()
        if (frame !== undefined) slots.heard(stream)
        return frame
      }
      void serve({ ...frames, read }, stream, handler)
    }
    const options = {
      maxInboundStreams: limits.maxStreamsPerPeer,
      maxOutboundStreams: MAX_OUTBOUND_STREAMS,
      runOnLimitedConnection: true
    }
    inTurn(() => node.handle(protocol, opened, options))
    return once(() => inTurn(() => node.unhandle(protocol)))
  }

  /** Registration writes to the datastore; a protocol that is left and taken again must end up taken. */
  function inTurn(register: () => Promise<void>): void {
    registration = registration.then(register).catch(() => undefined)
  }

  async function serve(frames: FrameStream, stream: Stream, handler: StreamHandler): Promise<void> {
    try {
      await handler(frames)
      await frames.end()
      if (stream.status === 'closed') return
      const cancel = clock.after(LINGER, () => stream.abort(new Error('the other side did not end')))
      stream.addEventListener('close', cancel, { once: true })
    } catch (thrown) {
      frames.abort(errorMessage(thrown))
    }
  }

  return { open, handle }
}

function once(run: () => void): () => void {
  let done = false
  return () => {
    if (done) return
    done = true
    run()
  }
}
