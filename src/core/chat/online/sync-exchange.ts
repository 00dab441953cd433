import type { Clock, RandomBytes } from '../../bytes/index.ts'
import {
  serveSync,
  SYNC_LIMITS,
  SYNC_PROTOCOL,
  SyncFaultError,
  syncWith,
  type SyncLog,
  type SyncReport
} from '../../log/index.ts'
import type { Network, PeerId } from '../../network/index.ts'
import { EXCHANGE_TAG_BYTES, openExchange, sealExchange, type ExchangeKeys } from './exchange-codec.ts'

/** A room that syncs with its members. */
export interface SyncedRoom {
  exchangeKeys(): readonly ExchangeKeys[]
  /** The log as this member sees it; undefined when it shall see none. */
  syncLog(peer: PeerId): SyncLog | undefined
  /** This member broke the protocol. */
  distrust(peer: PeerId): void
  /** This member drives a sync, until what is returned is called. */
  served(): () => void
}

/**
 * Opens a sync with a connected member. The first frame is sealed like an exchange: it names the room to those alone who
 * know it, and shows that this peer does.
 */
export async function openSync(
  network: Network,
  random: RandomBytes,
  clock: Clock,
  room: SyncedRoom,
  to: PeerId,
  signal: AbortSignal
): Promise<readonly SyncReport[]> {
  const [keys] = room.exchangeKeys()
  const log = room.syncLog(to)
  if (keys === undefined || log === undefined) return []
  const stream = await network.open(to, SYNC_PROTOCOL, SYNC_LIMITS, signal)
  const stop = (): void => stream.abort('the room is left')
  signal.addEventListener('abort', stop, { once: true })
  try {
    await stream.write(sealExchange(keys, { from: network.self, to }, { kind: 'sync' }, random))
    return await syncWith(stream, log, clock)
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** Answers syncs for whichever room their first frame names; the returned function stops that. */
export function serveSyncs(
  network: Network,
  clock: Clock,
  roomOf: (tag: Uint8Array) => SyncedRoom | undefined
): () => void {
  return network.handle(SYNC_PROTOCOL, SYNC_LIMITS, async stream => {
    const frame = await stream.read()
    const room = frame && roomOf(frame.subarray(0, EXCHANGE_TAG_BYTES))
    const log = room?.syncLog(stream.peer)
    if (frame === undefined || room === undefined || log === undefined) return stream.abort('no such room')
    const opening = openExchange(room.exchangeKeys(), { from: stream.peer, to: network.self }, frame)
    if (!opening.ok || opening.value.kind !== 'sync') return stream.abort('a frame that does not open')
    const end = room.served()
    try {
      await serveSync(stream, log, clock)
    } catch (thrown) {
      if (thrown instanceof SyncFaultError) room.distrust(stream.peer)
      throw thrown
    } finally {
      end()
    }
  })
}
