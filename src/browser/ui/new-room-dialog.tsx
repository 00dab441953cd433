import { useState } from 'preact/hooks'
import { HISTORY_CHOICES, PRIVATE_ROOM_NOTE } from '../room-words.ts'
import type { Session } from '../state/session.ts'
import { OPEN_ROOM_NOTE } from '../words.ts'
import { Choice } from './choice.tsx'
import { Dialog } from './dialog.tsx'
import { Field } from './field.tsx'
import { useSubmit } from './use-submit.ts'

type Kind = 'private' | 'open'

const KINDS: readonly (readonly [kind: Kind, words: string])[] = [
  ['private', 'Private'],
  ['open', 'Open']
]

export function NewRoomDialog({ session, onClose }: { session: Session; onClose: () => void }) {
  const [name, setName] = useState('')
  const [kind, setKind] = useState<Kind>('private')
  const [history, setHistory] = useState('joined')
  const { problem, busy, clear, submit } = useSubmit(async () => {
    const { peer, router } = session
    const shared = HISTORY_CHOICES.find(([value]) => String(value) === history)?.[0] ?? 'joined'
    const room = await (kind === 'open' ? peer.joinOpenRoom(name) : peer.privateRooms.create(name, { history: shared }))
    router.go({ kind: 'room', room: room.id, details: false })
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
        <fieldset class="choices">
          <legend>Who comes in</legend>
          {KINDS.map(([each, words]) => (
            <label key={each}>
              <input type="radio" name="kind" checked={kind === each} onChange={() => setKind(each)} />
              {words}
            </label>
          ))}
          <p class="hint choice-note">{kind === 'open' ? OPEN_ROOM_NOTE : PRIVATE_ROOM_NOTE}</p>
        </fieldset>
        {kind === 'private' && (
          <Choice
            label="What newcomers read"
            value={history}
            choices={HISTORY_CHOICES.map(([value, words]) => [String(value), words])}
            onChoose={setHistory}
          />
        )}
        <button type="submit" class="button primary" aria-disabled={busy}>
          Create
        </button>
      </form>
    </Dialog>
  )
}
