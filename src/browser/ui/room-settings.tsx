import { useState } from 'preact/hooks'
import type { RoomSummary } from '../../core/chat/index.ts'
import { DIRECT_NOTE, HISTORY_CHOICES, ownsRoom, PRIVATE_ROOM_NOTE } from '../room-words.ts'
import type { Session } from '../state/session.ts'
import { Choice } from './choice.tsx'
import { Field } from './field.tsx'
import { useSubmit } from './use-submit.ts'

interface RoomSettingsProps {
  readonly session: Session
  readonly room: RoomSummary
}

/** What a private room is, and for those who may change that, how. */
export function RoomSettings({ session, room }: RoomSettingsProps) {
  if (room.direct !== undefined) {
    return (
      <section>
        <h3>
          <bdi>{room.name}</bdi>
        </h3>
        <p class="hint">{DIRECT_NOTE}</p>
      </section>
    )
  }
  if (!ownsRoom(room)) {
    return (
      <section>
        <h3>
          <bdi>{room.name}</bdi>
        </h3>
        <p class="hint">{PRIVATE_ROOM_NOTE}</p>
        <p class="hint">Newcomers read: {historyWords(room).toLowerCase()}.</p>
      </section>
    )
  }
  function share(history: string): void {
    session.peer.setRoom(room.id, 'history', history).then(session.refreshRooms, session.report)
  }
  return (
    <section class="room-settings">
      <NameForm key={room.name} session={session} room={room} />
      <Choice
        label="What newcomers read"
        value={String(room.history)}
        choices={historyChoices(room)}
        onChoose={share}
        hint={PRIVATE_ROOM_NOTE}
      />
    </section>
  )
}

function NameForm({ session, room }: RoomSettingsProps) {
  const [name, setName] = useState(room.name)
  const { problem, busy, clear, submit } = useSubmit(async () => {
    await session.peer.setRoom(room.id, 'name', name)
    session.refreshRooms()
  })
  return (
    <form class="name-form" onSubmit={submit} aria-busy={busy}>
      <Field
        label="Name"
        value={name}
        problem={problem}
        onInput={value => {
          setName(value)
          clear()
        }}
      />
      {name.trim() !== room.name && (
        <button type="submit" class="button" aria-disabled={busy}>
          Rename
        </button>
      )}
    </form>
  )
}

function historyChoices(room: RoomSummary): (readonly [string, string])[] {
  const listed = HISTORY_CHOICES.map(([value, words]) => [String(value), words] as const)
  const isListed = listed.some(([value]) => value === String(room.history))
  return isListed ? listed : [[String(room.history), historyWords(room)], ...listed]
}

function historyWords({ history }: RoomSummary): string {
  const listed = HISTORY_CHOICES.find(([value]) => value === history)?.[1]
  if (listed !== undefined) return listed
  return history === 'none' || history === undefined
    ? 'Only what they are there for'
    : `The newest ${Number(history).toLocaleString('en')} messages`
}
