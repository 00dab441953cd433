import type { RoomSummary } from '../../core/chat/index.ts'
import type { Session } from '../state/session.ts'
import { ConfirmDialog } from './confirm-dialog.tsx'

interface CloseDialogProps {
  readonly session: Session
  readonly onClose: () => void
  readonly room: RoomSummary
}

export function CloseDialog({ session, onClose, room }: CloseDialogProps) {
  return (
    <ConfirmDialog
      title="Close the room?"
      cancel="Leave it open"
      action="Close the room"
      onClose={onClose}
      run={() => session.peer.privateRooms.close(room.id)}
    >
      <p>
        Nobody writes in <bdi class="strong">{room.name}</bdi> any more, for good. What was said stays with everybody.
      </p>
    </ConfirmDialog>
  )
}
