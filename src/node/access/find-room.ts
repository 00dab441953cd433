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
  const names = peer.rooms().flatMap(({ name }) => (plain(name).startsWith(start) ? [name] : []))
  // Of several that are called just so it is the answer that there are several.
  return [...new Set(names)].filter(name => name !== reference).slice(0, MAX_SUGGESTIONS)
}

function plain(name: string): string {
  return name.normalize('NFC').trim().toLowerCase()
}
