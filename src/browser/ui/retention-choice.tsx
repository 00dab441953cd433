import { useId } from 'preact/hooks'
import type { RoomSummary } from '../../core/chat/index.ts'
import type { Session } from '../state/session.ts'

const CHOICES: readonly (readonly [value: string, words: string])[] = [
  ['forever', 'Always'],
  ['365d', 'For a year'],
  ['90d', 'For 90 days'],
  ['30d', 'For 30 days'],
  ['1w', 'For a week'],
  ['1d', 'For a day']
]

/** How long this device keeps what is said in the room. A value that was set elsewhere is offered as it is. */
export function RetentionChoice({ session, room }: { session: Session; room: RoomSummary }) {
  const id = useId()
  const isListed = CHOICES.some(([value]) => value === room.retention)
  function choose(value: string): void {
    session.peer.setRoom(room.id, 'retention', value).then(session.refreshRooms, session.report)
  }
  return (
    <div class="field">
      <label htmlFor={id}>Keep messages on this device</label>
      <select
        id={id}
        value={room.retention}
        aria-describedby={`${id}-note`}
        onChange={event => choose(event.currentTarget.value)}
      >
        {!isListed && <option value={room.retention}>{otherWords(room.retention)}</option>}
        {CHOICES.map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </select>
      <p id={`${id}-note`} class="hint">
        Older ones are erased here, and here only: everybody chooses for themselves.
      </p>
    </div>
  )
}

/** As the command line takes it: `12h`, or a number of messages. */
function otherWords(value: string): string {
  return /^\d+$/.test(value) ? `The newest ${Number(value).toLocaleString('en')}` : `For ${value}`
}
