import type { MemberId } from '../../identity/index.ts'
import type { LiveRoom } from '../live-room.ts'
import type { RoomSummary } from '../peer.ts'
import type { DirectRecord, DirectRoom, RoomRecord } from '../room-records.ts'

/** With whom a direct conversation is: as this device began it or was asked, or else, at a further device, as the room itself says. */
export function directOf(room: { readonly live: LiveRoom; readonly record: RoomRecord }): DirectRecord | undefined {
  const other = room.live.membership?.pairedWith()
  return room.record.direct ?? (other && { member: other, nick: room.record.name })
}

/** Under the name of the other. What only says that it is one is shown as what it is. */
export function shownDirect(
  live: LiveRoom,
  direct: DirectRecord | undefined
): Partial<Pick<RoomSummary, 'direct' | 'name' | 'ended'>> {
  if (direct === undefined || standingOf(live, direct) === 'other') return {}
  const hasLeft = direct.hasLeft === true || live.membership?.access().removed.has(direct.member) === true
  const ended = live.membership?.summary().ended ?? (hasLeft ? 'other-left' : undefined)
  const name = live.known().get(direct.member)?.nick ?? direct.nick
  return { direct: direct.member, name, ...(ended && { ended }) }
}

/**
 * How far a direct conversation with this member has come: `early` before the room itself has told this device, `mine` where the other has not
 * come in, `both`, `over` when one of them has gone; `other` when the room is something else than it was said to be.
 */
export function standingOf(
  { membership }: LiveRoom,
  { member, hasLeft }: DirectRecord
): 'early' | 'mine' | 'both' | 'over' | 'other' {
  if (membership === undefined) return 'other'
  const { members, removed, isClosed } = membership.access()
  const { role, ended } = membership.summary()
  if (members.size === 0) return 'early'
  if (membership.pairedWith() !== member) return 'other'
  if (ended !== undefined || isClosed || removed.has(member) || hasLeft === true) return 'over'
  if (role === undefined) return 'early'
  return members.has(member) ? 'both' : 'mine'
}

/** The members to whom this device leads a conversation that it began. */
export function mineOf(directs: readonly { readonly live: LiveRoom; readonly record: DirectRoom }[]): MemberId[] {
  return directs.flatMap(({ live, record: { direct } }) => (standingOf(live, direct) === 'mine' ? [direct.member] : []))
}
