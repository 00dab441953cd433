import { useSignal } from '@preact/signals'
import { draftOf } from '../state/follow-room.ts'
import type { OpenRoom, Session } from '../state/session.ts'
import { CloseIcon } from './icons.tsx'
import { MessageForm } from './message-form.tsx'
import { isTooLong } from './text-length.ts'

interface ComposerProps {
  readonly session: Session
  readonly room: OpenRoom
  readonly roomName: string
}

/** Where one writes: a new message, or other words for one that was said. */
export function Composer(props: ComposerProps) {
  const edit = props.room.editing.current.value
  return edit === undefined ? <NewMessage {...props} /> : <OtherWords key={edit.message.id} {...props} />
}

/** What is not sent yet is kept as the room's draft. */
function NewMessage({ session, room, roomName }: ComposerProps) {
  const draft = draftOf(room.id)
  const text = useSignal(session.memory.get(draft) ?? '')

  function write(value: string): void {
    text.value = value
    session.memory.set(draft, value === '' || isTooLong(value) ? undefined : value)
  }

  function send(): void {
    void room.timeline.send(text.value.trim()).then(keepStorage)
    write('')
  }

  return (
    <MessageForm
      text={text.value}
      placeholder={`Message ${roomName}`}
      action="Send"
      onWrite={write}
      onDone={send}
      onKey={event => {
        const last = event.key === 'ArrowUp' && text.value === '' ? room.timeline.lastOwn() : undefined
        if (last === undefined) return
        event.preventDefault()
        room.editing.begin(last)
      }}
    />
  )
}

function OtherWords({ session, room }: ComposerProps) {
  const { editing } = room
  return (
    <MessageForm
      text={editing.current.value?.text ?? ''}
      placeholder="What it is to say"
      action="Save"
      takesFocus
      onWrite={editing.write}
      onDone={() => void editing.save().catch(session.report)}
      onKey={event => event.key === 'Escape' && !event.isComposing && editing.leave()}
    >
      <p class="editing" id="editing">
        <span>Editing</span>
        <span class="hint wide-only">Escape leaves it as it was.</span>
        <button type="button" class="icon-button" aria-label="Leave it as it was" onClick={editing.leave}>
          <CloseIcon />
        </button>
      </p>
    </MessageForm>
  )
}

let asked = false

/** Once something is at stake the browser is asked not to clear the store when space is short. */
function keepStorage(): void {
  if (asked) return
  asked = true
  void navigator.storage?.persist?.().catch(() => false)
}
