import { useState } from 'preact/hooks'
import type { RoomSummary } from '../../core/chat/index.ts'
import type { Session } from '../state/session.ts'
import { ConfirmDialog } from './confirm-dialog.tsx'

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
  const [forgets, setForgets] = useState(false)
  async function leave(): Promise<void> {
    await (forgets ? session.peer.forgetRoom(room.id) : session.peer.leaveRoom(room.id))
    session.router.replace({ kind: 'rooms' })
  }
  return (
    <ConfirmDialog title="Leave the room?" cancel="Stay" action="Leave" onClose={onClose} run={leave}>
      <p>
        You no longer take part in <bdi class="strong">{room.name}</bdi>, and nobody gets its messages from this tab any
        more. {BACK_WORDS[room.kind]}
      </p>
      <label class="check">
        <input type="checkbox" checked={forgets} onChange={event => setForgets(event.currentTarget.checked)} />
        And erase what is stored of it here
      </label>
    </ConfirmDialog>
  )
}
