import { UnavailableError } from '../../bytes/index.ts'
import type { FrameStream } from '../../network/index.ts'
import { decodeSyncFrame, encodeSyncFrame, type SyncFrame } from './sync-frame.ts'

/** The other side broke the protocol: drop and score it. */
export class SyncFaultError extends Error {
  override readonly name = 'SyncFaultError'
}

/** Entries that one session moves in each direction; what is left is for the next one. A few seconds on a usual line. */
const MAX_ENTRY_BYTES_EACH_WAY = 16 * 1024 * 1024

/** Frames are sent together up to here: about what one packet of Noise and yamux holds. */
const PIECE_BYTES = 64_000

/** A stream of sync frames, and what has moved on it. */
export class SyncWire {
  readonly #stream: FrameStream
  #sentBytes = 0
  #receivedBytes = 0

  constructor(stream: FrameStream) {
    this.#stream = stream
  }

  /** Whether this side has sent all that it may. */
  get hasSentEnough(): boolean {
    return this.#sentBytes >= MAX_ENTRY_BYTES_EACH_WAY
  }

  /** Whether this side has taken all that it will. */
  get hasReceivedEnough(): boolean {
    return this.#receivedBytes >= MAX_ENTRY_BYTES_EACH_WAY
  }

  async write(...frames: readonly SyncFrame[]): Promise<void> {
    let [piece, pieceBytes]: [Uint8Array[], number] = [[], 0]
    for (const frame of frames) {
      const bytes = encodeSyncFrame(frame)
      if (isEntry(frame)) this.#sentBytes += bytes.length
      if (pieceBytes + bytes.length > PIECE_BYTES && pieceBytes > 0) {
        await this.#stream.write(...piece)
        ;[piece, pieceBytes] = [[], 0]
      }
      piece.push(bytes)
      pieceBytes += bytes.length
    }
    await this.#stream.write(...piece)
  }

  /** The next frame, or undefined when the other side has ended. */
  async readOrEnd(): Promise<SyncFrame | undefined> {
    const bytes = await this.#stream.read()
    if (bytes === undefined) return undefined
    const frame = decodeSyncFrame(bytes)
    if (!frame.ok) throw new SyncFaultError(frame.error)
    if (isEntry(frame.value)) this.#receivedBytes += bytes.length
    return frame.value
  }

  async read(): Promise<SyncFrame> {
    const frame = await this.readOrEnd()
    if (frame === undefined) throw new UnavailableError('the other side ended the sync')
    return frame
  }
}

function isEntry({ kind }: SyncFrame): boolean {
  return kind === 'entry' || kind === 'erased'
}
