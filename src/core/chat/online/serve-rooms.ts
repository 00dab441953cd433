import { equalBytes, type Clock, type RandomBytes } from '../../bytes/index.ts'
import type { Network } from '../../network/index.ts'
import { serveExchanges } from './exchange.ts'
import type { RoomLink } from './room-link.ts'
import { serveSyncs } from './sync-exchange.ts'

interface ServeRoomsDeps {
  readonly random: RandomBytes
  readonly clock: Clock
  /** The rooms that are online here now. */
  readonly links: () => Iterable<RoomLink>
}

/** Answers all that members of any room here ask; the returned function stops that. */
export function serveRooms(network: Network, { random, clock, links }: ServeRoomsDeps): () => void {
  const linkOf = (tag: Uint8Array): RoomLink | undefined => {
    for (const link of links()) if (link.exchangeKeys().some(keys => equalBytes(keys.tag, tag))) return link
    return undefined
  }
  const ends = [serveExchanges(network, random, linkOf), serveSyncs(network, clock, linkOf)]
  return () => {
    for (const end of ends) end()
  }
}
