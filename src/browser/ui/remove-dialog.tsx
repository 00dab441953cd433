import { useState } from 'preact/hooks'
import type { MemberSummary, RoomSummary } from '../../core/chat/index.ts'
import type { Session } from '../state/session.ts'
import { ConfirmDialog } from './confirm-dialog.tsx'

interface RemoveDialogProps {
  readonly session: Session
  readonly onClose: () => void
  readonly room: RoomSummary
  readonly member: MemberSummary
}

export function RemoveDialog({ session, onClose, room, member }: RemoveDialogProps) {
  const [ban, setBan] = useState(false)
  return (
    <ConfirmDialog
      title="Remove from the room?"
      cancel="Keep"
      action="Remove"
      onClose={onClose}
      run={() => session.peer.privateRooms.remove(room.id, member.member, { ban })}
    >
      <p>
        <bdi class="strong">{member.nick}</bdi> reads nothing that is said from now on, and keeps what was said before.
        Open invites stop working, as they may have been passed on.
      </p>
      <label class="check">
        <input type="checkbox" checked={ban} onChange={event => setBan(event.currentTarget.checked)} />
        And do not let them back
      </label>
    </ConfirmDialog>
  )
}
