import { UsageError } from '../../bytes/index.ts'
import type { DeviceId, MemberId } from '../../identity/index.ts'
import type { LiveRoom } from '../live-room.ts'
import { namedOrById } from '../named-or-by-id.ts'
import { keyName } from '../room/devices.ts'

/** Somebody whom this device knows from a room. */
export interface Acquaintance {
  readonly member: MemberId
  readonly nick: string
  readonly devices: ReadonlySet<DeviceId>
  /** A private room of theirs and this member's, for which somebody let both in; in an open room anybody may be. */
  readonly isClose: boolean
}

/** All but this member itself, those from private rooms first. */
export function acquaintances(rooms: readonly LiveRoom[], self: MemberId): Map<MemberId, Acquaintance> {
  const known = new Map<MemberId, Acquaintance>()
  const privateFirst = [...rooms.filter(each => each.membership), ...rooms.filter(each => !each.membership)]
  for (const { membership, known: inRoom } of privateFirst) {
    const [access, book] = [membership?.access(), inRoom()]
    for (const member of access?.members.keys() ?? book.keys()) {
      if (member === self) continue
      const [before, named] = [known.get(member), book.get(member)]
      const devices = [...(access?.members.get(member)?.devices ?? []), ...(named?.devices ?? [])]
      known.set(member, {
        member,
        nick: before?.nick ?? named?.nick ?? keyName(member),
        devices: new Set([...(before?.devices ?? []), ...devices]),
        // A direct conversation was begun by one of the two alone.
        isClose: before?.isClose === true || (access !== undefined && access.pair === undefined)
      })
    }
  }
  return known
}

/** By a whole id, the start of one, or a nickname. @throws UsageError where it is nobody, or more than one, or oneself */
export function findAcquaintance(
  known: Iterable<Acquaintance>,
  reference: string,
  self: Pick<Acquaintance, 'member' | 'nick'>
): Acquaintance {
  const [first, second] = namedOrById([...known], reference)
  const shown = JSON.stringify(reference)
  if (second !== undefined) throw new UsageError(`more than one member is ${shown}: give the id, see \`room members\``)
  if (first === undefined && namedOrById([self], reference).length > 0)
    throw new UsageError(`${shown} is you: to keep notes, make a room of your own`)
  if (first === undefined) throw new UsageError(`nobody in your rooms is ${shown}: see \`room members\``)
  return first
}
