import type { Peer, RoomSummary } from '../../core/chat/index.ts'
import { UsageError } from '../exits.ts'

/** Rooms that a refusal names. */
const MAX_SUGGESTIONS = 3

/** Finds a room as the peer does; where there is none, names those that were perhaps meant. */
export function findRoom(peer: Peer, reference: string): RoomSummary {
  try {
    return peer.findRoom(reference)
  } catch (thrown) {
    const suggestions = thrown instanceof UsageError ? roomsThatStartWith(peer, reference) : []
    if (suggestions.length === 0) throw thrown
    const names = suggestions.map(name => JSON.stringify(name)).join(' or ')
    throw new UsageError(`there is no room ${JSON.stringify(reference)} here: did you mean ${names}?`)
  }
}

function roomsThatStartWith(peer: Peer, reference: string): string[] {
  const start = plain(reference)
  if (start === '' || peer.rooms().some(room => room.id.startsWith(reference))) return []
  const found = peer.rooms().filter(room => plain(room.name).startsWith(start))
  return found.slice(0, MAX_SUGGESTIONS).map(room => room.name)
}

function plain(name: string): string {
  return name.normalize('NFC').trim().toLowerCase()
}
