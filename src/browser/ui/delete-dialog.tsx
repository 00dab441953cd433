import { useRef } from 'preact/hooks'
import type { Session } from '../state/session.ts'
import type { ShownMessage } from '../state/shown-message.ts'
import { Dialog } from './dialog.tsx'
import { useSubmit } from './use-submit.ts'

interface DeleteDialogProps {
  readonly session: Session
  readonly onClose: () => void
  readonly message: ShownMessage
}

export function DeleteDialog({ session, onClose, message }: DeleteDialogProps) {
  const form = useRef<HTMLFormElement>(null)
  const { problem, busy, submit } = useSubmit(async () => {
    await session.peer.deleteMessage(message.room, message.id)
    form.current?.closest('dialog')?.close()
    // The button that had the focus is gone with what the message said.
    document.getElementById(`message-${message.id}`)?.focus()
  })
  return (
    <Dialog title="Delete the message?" onClose={onClose}>
      <form ref={form} class="dialog-form" onSubmit={submit}>
        <blockquote class="quote" dir="auto">
          {message.text.slice(0, MAX_QUOTE)}
        </blockquote>
        <p>It is erased at everybody who gets the request. Who copied it keeps it.</p>
        {problem !== undefined && (
          <p class="problem" role="alert">
            {problem}
          </p>
        )}
        <div class="dialog-actions">
          <button type="button" class="button" autofocus onClick={onClose}>
            Keep
          </button>
          <button type="submit" class="button danger" aria-disabled={busy}>
            Delete
          </button>
        </div>
      </form>
    </Dialog>
  )
}

/** Characters of the message that are quoted; a few lines of it are seen. */
const MAX_QUOTE = 300
