import type { RoomSummary } from '../../core/chat/index.ts'
import type { PeerAccess } from '../access/peer-access.ts'
import { visible } from '../terminal/visible.ts'
import type { Invocation, Run } from './command.ts'
import { withMembers } from './with-members.ts'

/** Who may be in a private room, and as what. */

export const removeMember: Run = invocation => {
  const device = invocation.settings.flags.get('device')?.[0]
  return change(
    invocation,
    (peer, [room = '', member = '']) =>
      device === undefined ? peer.removeMember(room, member, false) : peer.removeDevice(room, member, device),
    ({ name }, [, member = '']) =>
      `${device === undefined ? visible(member) : `That device of ${visible(member)}`} is out of ${visible(name)}, and reads nothing that is said from now on.`
  )
}

export const banMember: Run = invocation =>
  change(
    invocation,
    (peer, [room = '', member = '']) => peer.removeMember(room, member, true),
    ({ name }, [, member = '']) =>
      `${visible(member)} is out of ${visible(name)} for good: no invite lets them in again.`
  )

export const changeRole: Run = invocation =>
  change(
    invocation,
    (peer, [room = '', member = '', role = '']) => peer.setRole(room, member, role),
    ({ name }, [, member = '', role = '']) => `In ${visible(name)} ${visible(member)} is ${role} now.`
  )

export const closeRoom: Run = invocation =>
  change(
    invocation,
    (peer, [room = '']) => peer.closeRoom(room),
    ({ name }) => `${visible(name)} is closed for everybody. What was said stays.`
  )

async function change(
  invocation: Invocation,
  make: (peer: PeerAccess, words: readonly string[]) => Promise<RoomSummary>,
  said: (room: RoomSummary, words: readonly string[]) => string
): Promise<void> {
  const { output, arguments: words } = invocation
  const room = await withMembers(invocation, peer => make(peer, words))
  output.result({ id: room.id, name: room.name }, said(room, words))
}
