import type { Stream, StreamCloseEvent, StreamMessageEvent } from '@libp2p/interface'
import type { Clock } from '../../bytes/index.ts'
import type { FrameStream, PeerId, StreamLimits } from '../network.ts'
import { encodeFrames, FrameDecoder } from './frame-decoder.ts'

/** Frames that wait to be read before the sender is told to pause. */
const MAX_WAITING_FRAMES = 16
/** Unsent bytes above which `write` waits. */
const MAX_UNSENT_BYTES = 256 * 1024
/**
 * Bytes kept of a sender that does not heed the pause, as WebRTC's cannot; more resets the stream. Held for as long as
 * one frame is worked on.
 */
const MAX_UNREAD_BYTES = 8 * 1024 * 1024

/** Frames over a libp2p stream, which is reset when it lasts too long. */
export function createFrameStream(clock: Clock, stream: Stream, peer: PeerId, limits: StreamLimits): FrameStream {
  const frames: Uint8Array[] = []
  const decoder = new FrameDecoder(limits)
  let broken: Error | undefined
  let wake: (() => void) | undefined
  stream.maxReadBufferLength = MAX_UNREAD_BYTES
  const cancel = clock.after(limits.maxDuration, () => fail(new Error('the stream took too long')))

  function fail(error: Error): void {
    broken ??= error
    cancel()
    frames.length = 0
    stream.abort(error)
    wake?.()
  }

  function received({ data }: StreamMessageEvent): void {
    if (broken !== undefined) return
    try {
      frames.push(...decoder.push(data.subarray()))
    } catch (thrown) {
      // Not from inside the stream's own dispatch.
      queueMicrotask(() => fail(thrown as Error))
      return
    }
    if (frames.length > MAX_WAITING_FRAMES && stream.readStatus === 'readable') stream.pause()
    wake?.()
  }

  function closed({ error }: StreamCloseEvent): void {
    cancel()
    if (error !== undefined) fail(error)
    wake?.()
  }

  /** The other side has ended and everything it sent was taken. */
  function isEnded(): boolean {
    return (
      stream.readableEnded || (stream.status !== 'open' && stream.status !== 'closing' && stream.readBufferLength === 0)
    )
  }

  function changed(): Promise<void> {
    return new Promise(resolve => (wake = resolve))
  }

  async function read(): Promise<Uint8Array | undefined> {
    for (;;) {
      if (broken !== undefined) throw broken
      const frame = frames.shift()
      if (frames.length === 0 && stream.readStatus === 'paused') resume(stream)
      if (frame !== undefined) return frame
      if (isEnded()) return endOfFrames(decoder)
      await changed()
    }
  }

  async function write(...outgoing: Uint8Array[]): Promise<void> {
    if (broken !== undefined) throw broken
    stream.send(encodeFrames(outgoing))
    while (stream.writeStatus === 'writable' && stream.writeBufferLength > MAX_UNSENT_BYTES) {
      await sendBufferChanged(stream)
    }
    if (broken !== undefined) throw broken
    if (stream.writeStatus !== 'writable' && stream.writeBufferLength > 0) throw new Error('the stream was closed')
  }

  // It may have been reset while its protocol was still being agreed on.
  if (stream.status === 'reset' || stream.status === 'aborted') fail(new Error('the stream was reset'))
  stream.addEventListener('close', closed)
  stream.addEventListener('end', () => wake?.())
  stream.addEventListener('remoteCloseWrite', () => wake?.())
  stream.addEventListener('message', received)
  return {
    peer,
    read,
    write,
    async end() {
      if (broken !== undefined) throw broken
      await stream.close()
    },
    abort: reason => fail(new Error(reason))
  }
}

/**
 * Hands over what was held back; telling the other side fails when the connection closed meanwhile, and need not
 * succeed.
 */
function resume(stream: Stream): void {
  try {
    stream.resume()
  } catch {
    // What was received stays readable.
  }
}

function endOfFrames(decoder: FrameDecoder): undefined {
  if (!decoder.isBetweenFrames) throw new Error('the stream ended within a frame')
}

/** The stream's own `onDrain` resolves at once after the first time. */
function sendBufferChanged(stream: Stream): Promise<void> {
  const events = ['drain', 'idle', 'close'] as const
  return new Promise(resolve => {
    const changed = (): void => {
      for (const event of events) stream.removeEventListener(event, changed)
      resolve()
    }
    for (const event of events) stream.addEventListener(event, changed)
  })
}
