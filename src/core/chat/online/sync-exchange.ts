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
import { EXCHANGE_TAG_BYTES, keysOf, openExchange, sealExchange, type ExchangeKeys } from './exchange-codec.ts'

/** A room that syncs with its members. */
export interface SyncedRoom {
  exchangeKeys(): readonly ExchangeKeys[]
  /** The log as this member, who came under these keys, sees it; undefined when it shall see none. */
  syncLog(peer: PeerId, keys: ExchangeKeys): SyncLog | undefined
  /** This member broke the protocol. */
  distrust(peer: PeerId): void
  /** This member drives a sync, until what is returned is called; `stop` ends it. */
  served(peer: PeerId, stop: () => void): () => void
}

interface OpenSyncDeps {
  readonly network: Network
  readonly random: RandomBytes
  readonly clock: Clock
}

/**
 * Opens a sync with a connected member. The first frame is sealed like an exchange: it names the room to those alone who
 * know it, and shows that this peer does.
 */
export async function openSync(
  { network, random, clock }: OpenSyncDeps,
  { keys, log }: { readonly keys: ExchangeKeys; readonly log: SyncLog },
  to: PeerId,
  signal: AbortSignal
): Promise<readonly SyncReport[]> {
  const stream = await network.open(to, SYNC_PROTOCOL, SYNC_LIMITS, signal)
  const stop = (): void => stream.abort('nobody wants it any more')
  if (signal.aborted) stop()
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
    const keys = frame && room && keysOf(room.exchangeKeys(), frame)
    if (frame === undefined || room === undefined || keys === undefined) return stream.abort('no such room')
    const opening = openExchange([keys], { from: stream.peer, to: network.self }, frame)
    if (!opening.ok || opening.value.kind !== 'sync') return stream.abort('a frame that does not open')
    const log = room.syncLog(stream.peer, keys)
    if (log === undefined) return stream.abort('no such room')
    const end = room.served(stream.peer, () => stream.abort('no such room any more'))
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
