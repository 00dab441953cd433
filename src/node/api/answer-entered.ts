import type { RoomSummary } from '../../core/chat/index.ts'
import { isAsking, isOutside } from '../access/outside.ts'
import { untilAdmitted } from '../access/private-rooms.ts'
import { ok, type Reply } from './reply.ts'
import type { RoomCall } from './room-call.ts'

/** As long as a caller may wait. */
export const MAX_WAIT_MS = 86_400_000

/** 200 in the room, or where nobody was to be waited for; 202 when its members have not let this one in within that time. */
export async function answerEntered(
  { peer, request, signal }: Pick<RoomCall, 'peer' | 'request' | 'signal'>,
  room: RoomSummary,
  timeout: number | undefined
): Promise<Reply> {
  if (timeout === undefined || !isAsking(room)) return ok(room)
  request.socket.setTimeout(0)
  const entered = await untilAdmitted(peer, room.id, timeout, signal)
  return { status: isOutside(entered) ? 202 : 200, body: entered }
}
