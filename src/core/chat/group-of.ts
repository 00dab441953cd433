import { NotAllowedError } from '../bytes/index.ts'
import type { LiveRoom } from './live-room.ts'
import type { Membership } from './membership.ts'

/** @throws NotAllowedError for an open room */
export function membershipOf({ membership }: Pick<LiveRoom, 'membership'>): Membership {
  if (membership === undefined)
    throw new NotAllowedError('this is an open room: whoever knows its name is in, and nobody may do more than others')
  return membership
}

/** Where something may be decided for others. @throws NotAllowedError for an open room, or a direct conversation */
export function groupOf(live: Pick<LiveRoom, 'membership'>): Membership {
  const membership = membershipOf(live)
  if (membership.access().pair !== undefined)
    throw new NotAllowedError(
      'a conversation of two has no invites, roles or settings of its own, and is neither closed nor is anybody removed: leave it, or make a room'
    )
  return membership
}
