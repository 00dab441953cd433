import type { Peer } from '../../core/chat/index.ts'

/** Messages looked through for the one just sent. */
const NEWEST = 20

/** How many keepers have said that they store this message, which this peer has just sent. */
export async function keptBy(peer: Peer, room: string, id: string): Promise<number> {
  const newest = await peer.messages(room, { limit: NEWEST })
  return newest.find(message => message.id === id)?.kept ?? 0
}
