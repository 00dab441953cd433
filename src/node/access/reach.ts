import type { Peer } from '../../core/chat/index.ts'
import type { Settings } from '../command-line/settings.ts'
import type { StoredPeer } from './stored-peer.ts'

/** As long as `send` looks for somebody. */
const SEARCH_MS = 10_000

/** Goes online with a stored peer until another member of a private room knows what was decided there; resolves with whether one does. */
export async function reachMembers(
  stored: StoredPeer,
  room: string,
  settings: Settings,
  stop: AbortSignal
): Promise<boolean> {
  const { connect } = await import('../peer/full-peer.ts')
  await connect(stored, settings, false)
  return passOn(stored.peer, room, stop)
}

/** The same with a peer that is online, which is told, too, what others have decided. */
export async function passOn({ privateRooms }: Peer, room: string, stop: AbortSignal): Promise<boolean> {
  try {
    await privateRooms.handedOn(room, AbortSignal.any([stop, AbortSignal.timeout(SEARCH_MS)]))
    return true
  } catch {
    return false
  }
}
