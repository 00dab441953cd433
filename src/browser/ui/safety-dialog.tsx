import { useMemo } from 'preact/hooks'
import type { MemberSummary } from '../../core/chat/index.ts'
import { safetyNumber, safetyNumberGroups, type MemberId } from '../../core/identity/index.ts'
import type { Session } from '../state/session.ts'
import { Avatar } from './avatar.tsx'
import { Dialog } from './dialog.tsx'
import { useSubmit } from './use-submit.ts'

interface SafetyDialogProps {
  readonly session: Session
  readonly onClose: () => void
  readonly member: MemberSummary
}

/** The digits that two people compare, to know that each has the other's key. */
export function SafetyDialog({ session, onClose, member: { member, nick } }: SafetyDialogProps) {
  const me = session.me.value.member
  const groups = useMemo(() => safetyNumberGroups(safetyNumber(me as MemberId, member as MemberId)), [me, member])
  const isVerified = session.verified.members.value.has(member)
  const { problem, busy, submit } = useSubmit(async () => {
    await session.verified.mark(member, !isVerified)
    onClose()
  })
  return (
    <Dialog title="Safety number" onClose={onClose}>
      <form class="dialog-form" onSubmit={submit}>
        <p class="pair">
          <Avatar member={me} size={32} />
          <Avatar member={member} size={32} />
          <span>
            Between you and <bdi class="strong">{nick}</bdi>
          </span>
        </p>
        <p class="safety-number" aria-label="Safety number">
          {groups.map((group, place) => (
            // A group may stand there twice: its place is what it is.
            <span key={place}>{group} </span>
          ))}
        </p>
        <p class="hint">
          Compare it with <bdi>{nick}</bdi> over another way: side by side, or by voice. If both see the same digits,
          each of you has the other’s own key, and nobody in between. The mark stays on this device.
        </p>
        {problem !== undefined && (
          <p class="problem" role="alert">
            {problem}
          </p>
        )}
        <button type="submit" class={`button ${isVerified ? '' : 'primary'}`} aria-disabled={busy}>
          {isVerified ? 'Take the mark away' : 'Mark as verified'}
        </button>
      </form>
    </Dialog>
  )
}
