import type { RoomSummary } from '../../core/chat/index.ts'
import { openAccess } from '../access/open-access.ts'
import type { PeerAccess } from '../access/peer-access.ts'
import type { StoredPeer } from '../access/stored-peer.ts'
import { ownCall } from '../command-line/own-call.ts'
import type { Settings } from '../command-line/settings.ts'
import type { Invocation } from './command.ts'

/** Has something decided in a room; where no peer runs and it is a private one, this is one until another member knows. */
export async function withMembers(
  { settings, stop, output }: Invocation,
  decide: (peer: PeerAccess) => Promise<RoomSummary>
): Promise<RoomSummary> {
  const access = await openAccess(settings, stop)
  if (access.kind === 'running') return decide(access.peer)
  const { stored } = access
  try {
    const { storedPeerAccess } = await import('../access/stored-peer.ts')
    const alone = new Set(stored.peer.rooms().flatMap(({ id, members }) => (members === 1 ? [id] : [])))
    const room = await decide(storedPeerAccess(stored))
    if (room.kind === 'open' || alone.has(room.id)) return room
    const { reachMembers } = await import('../access/reach.ts')
    if (!(await reachMembers(stored, room.id, settings, stop))) {
      output.aside(`No other member is reachable now: ${ownCall(settings)} up lets them know.`)
    }
    return room
  } finally {
    await stored.stop()
  }
}

/** Leaves a room: a private one in the presence of another member, if one is reachable, as nobody can be told afterwards. */
export async function leaveWithMembers({ settings, stop }: Invocation, reference: string): Promise<RoomSummary> {
  const access = await openAccess(settings, stop)
  if (access.kind === 'running') return access.peer.leaveRoom(reference)
  const { stored } = access
  try {
    const { findRoom } = await import('../access/find-room.ts')
    const room = findRoom(stored.peer, reference)
    await meetMembers(stored, room, settings, stop)
    await stored.peer.leaveRoom(room.id)
    return room
  } finally {
    await stored.stop()
  }
}

/** The same, and erases what is stored of it; of a room that was left before, that alone. Resolves with its id. */
export async function forgetWithMembers({ settings, stop }: Invocation, reference: string): Promise<string> {
  const access = await openAccess(settings, stop)
  if (access.kind === 'running') return access.peer.forgetRoom(reference)
  const { stored } = access
  try {
    const room = stored.peer.rooms().find(({ id, name }) => id === reference || name === reference)
    if (room !== undefined) await meetMembers(stored, room, settings, stop)
    return await stored.peer.forgetRoom(reference)
  } finally {
    await stored.stop()
  }
}

async function meetMembers(stored: StoredPeer, room: RoomSummary, settings: Settings, stop: AbortSignal) {
  if (room.kind === 'open' || room.role === undefined || room.members === 1) return
  const { reachMembers } = await import('../access/reach.ts')
  await reachMembers(stored, room.id, settings, stop)
}
