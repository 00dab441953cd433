import type { RoomSummary } from '../../core/chat/index.ts'
import type { OpenRoom } from '../state/session.ts'
import { catchingUpWords, count } from '../words.ts'

/** With fewer the line would be gone before it is read, and the timeline would have moved for nothing. */
const WORTH_A_LINE = 50

/** What is known to be missing, where one looks: what the timeline says above its first message is seldom in sight. */
export function GapLine({ room, summary }: { room: OpenRoom; summary: RoomSummary }) {
  const { missing, catchingUp } = summary
  if (catchingUp !== undefined) {
    return catchingUp < WORTH_A_LINE ? null : <p class="gap">{catchingUpWords(catchingUp)}</p>
  }
  if (missing === 0) return null
  const isAnybodyHere = room.members.list.value.some(member => member.online && !member.self)
  if (isAnybodyHere) return <p class="gap">{count(missing, 'message is', 'messages are')} on the way.</p>
  return <p class="gap">{count(missing, 'message is', 'messages are')} missing: whoever has them is not here now.</p>
}
