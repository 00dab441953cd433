import { useState } from 'preact/hooks'
import type { RoomSummary } from '../../core/chat/index.ts'
import type { Session } from '../state/session.ts'
import { ConfirmDialog } from './confirm-dialog.tsx'

interface LeaveDialogProps {
  readonly session: Session
  readonly onClose: () => void
  readonly room: RoomSummary
}

const WORDS = {
  open: { title: 'Leave the room?', back: 'With its name or link you can come back.' },
  private: { title: 'Leave the room?', back: 'To come back takes a new invite.' },
  direct: {
    title: 'Leave the conversation?',
    back: 'When one of you writes to the other again, that is a new one.'
  }
} as const

export function LeaveDialog({ session, onClose, room }: LeaveDialogProps) {
  const [forgets, setForgets] = useState(false)
  const { title, back } = WORDS[room.direct === undefined ? room.kind : 'direct']
  async function leave(): Promise<void> {
    await (forgets ? session.peer.forgetRoom(room.id) : session.peer.leaveRoom(room.id))
    session.router.replace({ kind: 'rooms' })
  }
  return (
    <ConfirmDialog title={title} cancel="Stay" action="Leave" onClose={onClose} run={leave}>
      <p>
        You no longer take part in {room.direct !== undefined && 'the conversation with '}
        <bdi class="strong">{room.name}</bdi>, and nobody gets its messages from this tab any more. {back}
      </p>
      <label class="check">
        <input type="checkbox" checked={forgets} onChange={event => setForgets(event.currentTarget.checked)} />
        And erase what is stored of it here
      </label>
    </ConfirmDialog>
  )
}
