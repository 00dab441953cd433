import { equalBytes, type Clock, type RandomBytes } from '../../bytes/index.ts'
import type { Network } from '../../network/index.ts'
import { serveExchanges } from './exchange.ts'
import type { RoomLink } from './room-link.ts'
import { serveSyncs, type SyncedRoom } from './sync-exchange.ts'

interface ServeRoomsDeps {
  readonly random: RandomBytes
  readonly clock: Clock
  /** The rooms that are online here now. */
  readonly links: () => Iterable<RoomLink>
  /** Rooms that sync by their tag alone. */
  readonly blind?: () => Iterable<SyncedRoom>
}

/** Answers all that members of any room here ask; the returned function stops that. */
export function serveRooms(network: Network, deps: ServeRoomsDeps): () => void {
  const { random, clock, links, blind = () => [] } = deps
  const ends = [
    serveExchanges(network, random, tag => roomOf(links(), tag)?.exchanges),
    serveSyncs(network, clock, tag => roomOf(links(), tag)?.syncs ?? roomOf(blind(), tag))
  ]
  return () => {
    for (const end of ends) end()
  }
}

function roomOf<R extends Pick<SyncedRoom, 'exchangeKeys'>>(rooms: Iterable<R>, tag: Uint8Array): R | undefined {
  for (const room of rooms) if (room.exchangeKeys().some(keys => equalBytes(keys.tag, tag))) return room
  return undefined
}
