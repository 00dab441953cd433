import { useState } from 'preact/hooks'
import type { Session } from '../state/session.ts'
import { OPEN_ROOM_NOTE } from '../words.ts'
import { Dialog } from './dialog.tsx'
import { Field } from './field.tsx'
import { useSubmit } from './use-submit.ts'

export function NewRoomDialog({ session, onClose }: { session: Session; onClose: () => void }) {
  const [name, setName] = useState('')
  const { problem, busy, clear, submit } = useSubmit(async () => {
    const room = await session.peer.joinOpenRoom(name)
    session.router.go({ kind: 'room', room: room.id, details: false })
    onClose()
  })
  return (
    <Dialog title="New room" onClose={onClose}>
      <form class="dialog-form" onSubmit={submit}>
        <Field
          label="Room name"
          value={name}
          problem={problem}
          autofocus
          onInput={value => {
            setName(value)
            clear()
          }}
        />
        <p class="hint">{OPEN_ROOM_NOTE}</p>
        <button type="submit" class="button primary" aria-disabled={busy}>
          Create
        </button>
      </form>
    </Dialog>
  )
}
