import { useState } from 'preact/hooks'
import type { RoomSummary } from '../../core/chat/index.ts'
import type { Session } from '../state/session.ts'
import { Dialog } from './dialog.tsx'
import { Field } from './field.tsx'
import { useSubmit } from './use-submit.ts'

interface JoinDialogProps {
  readonly session: Session
  readonly onClose: () => void
  /** A link that was tried already, and what came of it. */
  readonly link: string
  readonly problem: unknown
}

export function JoinDialog({ session, onClose, link, problem: before }: JoinDialogProps) {
  const [text, setText] = useState(link)
  const { problem, busy, clear, submit } = useSubmit(async () => {
    const room = await join(session, text.trim())
    session.router.go({ kind: 'room', room: room.id, details: false })
    onClose()
  }, before)
  return (
    <Dialog title="Join a room" onClose={onClose}>
      <form class="dialog-form" onSubmit={submit}>
        <Field
          label="Invite link"
          value={text}
          problem={problem}
          hint="Paste the link that you were sent, or type the name of an open room."
          autofocus
          onInput={value => {
            setText(value)
            clear()
          }}
        />
        <button type="submit" class="button primary" aria-disabled={busy}>
          Join
        </button>
      </form>
    </Dialog>
  )
}

const LOOKS_LIKE_LINK = /^[a-z]+:|#\/|:\/\/|\bstarling:/i

function join(session: Session, text: string): Promise<RoomSummary> {
  return LOOKS_LIKE_LINK.test(text) ? session.peer.joinByLink(text) : session.peer.joinOpenRoom(text)
}
