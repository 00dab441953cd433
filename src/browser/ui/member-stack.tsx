import type { MemberSummary } from '../../core/chat/index.ts'
import { count, pathWords } from '../words.ts'
import { Avatar } from './avatar.tsx'

/** Birds beside the room's name; the rest is a number. */
const MAX_BIRDS = 5

/** Who is here, at a glance; the details say the rest. */
export function MemberStack({ members }: { members: readonly MemberSummary[] }) {
  const rest = members.length - MAX_BIRDS
  return (
    <ul class="member-stack" aria-label="Members">
      {members.slice(0, MAX_BIRDS).map(member => (
        <li key={member.member} title={`${member.nick} (${pathWords(member).words})`} data-online={member.online}>
          <Avatar member={member.member} size={24} />
          <span class="unseen">
            <bdi>{member.nick}</bdi>, {pathWords(member).words}
          </span>
        </li>
      ))}
      {rest > 0 && (
        <li class="member-rest">
          <span aria-hidden="true">+{rest}</span>
          <span class="unseen">{count(rest, 'member', 'members')} more</span>
        </li>
      )}
    </ul>
  )
}
