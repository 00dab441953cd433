import { parseHistory, parseRole, type Peer, type RoomSummary } from '../../core/chat/index.ts'
import type { InviteTerms } from './peer-access.ts'

/** What commands and the local API do in private rooms, from texts as they were written; each `id` is a whole one. */

export function createRoom({ privateRooms }: Peer, name: string, history: string | undefined): Promise<RoomSummary> {
  return privateRooms.create(name, history === undefined ? {} : { history: parseHistory(history) })
}

export function inviteTo({ privateRooms }: Peer, id: string, terms: InviteTerms): Promise<string> {
  const { role, lasts, uses, webUrl } = terms
  const options = {
    ...(role !== undefined && { role: parseRole(role) }),
    ...(lasts !== undefined && { lasts }),
    ...(uses !== undefined && { uses })
  }
  return privateRooms.invite(id, options, webUrl)
}

export async function removeMember(peer: Peer, id: string, member: string, bans: boolean): Promise<RoomSummary> {
  await peer.privateRooms.remove(id, member, { ban: bans })
  return peer.findRoom(id)
}

export async function removeDevice(peer: Peer, id: string, member: string, device: string): Promise<RoomSummary> {
  await peer.privateRooms.removeDevice(id, member, device)
  return peer.findRoom(id)
}

export async function setRole(peer: Peer, id: string, member: string, role: string): Promise<RoomSummary> {
  await peer.privateRooms.setRole(id, member, parseRole(role))
  return peer.findRoom(id)
}

export async function closeRoom(peer: Peer, id: string): Promise<RoomSummary> {
  await peer.privateRooms.close(id)
  return peer.findRoom(id)
}

/**
 * Resolves with the room once its members have let this one in and it has from them who is in; when time runs out first, with the
 * room as it then is.
 */
export async function untilAdmitted(
  peer: Peer,
  room: string,
  timeout: number,
  stop: AbortSignal
): Promise<RoomSummary> {
  const time = AbortSignal.timeout(timeout)
  const signal = AbortSignal.any([stop, time])
  try {
    await peer.privateRooms.admitted(room, signal)
  } catch (thrown) {
    if (!time.aborted || stop.aborted) throw thrown
  }
  return peer.findRoom(room)
}
