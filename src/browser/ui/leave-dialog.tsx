import type { RoomSummary } from '../../core/chat/index.ts'
import type { Session } from '../state/session.ts'
import { Dialog } from './dialog.tsx'
import { useSubmit } from './use-submit.ts'

interface LeaveDialogProps {
  readonly session: Session
  readonly onClose: () => void
  readonly room: RoomSummary
}

const BACK_WORDS: Readonly<Record<RoomSummary['kind'], string>> = {
  open: 'With its name or link you can come back.',
  private: 'To come back takes a new invite.'
}

export function LeaveDialog({ session, onClose, room }: LeaveDialogProps) {
  const { problem, busy, submit } = useSubmit(async () => {
    await session.peer.leaveRoom(room.id)
    session.router.replace({ kind: 'rooms' })
    onClose()
  })
  return (
    <Dialog title="Leave the room?" onClose={onClose}>
      <form class="dialog-form" onSubmit={submit}>
        <p>
          You no longer take part in <bdi class="strong">{room.name}</bdi>, and nobody gets its messages from this tab
          any more. {BACK_WORDS[room.kind]}
        </p>
        {problem !== undefined && (
          <p class="problem" role="alert">
            {problem}
          </p>
        )}
        <div class="dialog-actions">
          <button type="button" class="button" onClick={onClose}>
            Stay
          </button>
          <button type="submit" class="button danger" aria-disabled={busy}>
            Leave
          </button>
        </div>
      </form>
    </Dialog>
  )
}
