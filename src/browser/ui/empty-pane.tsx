import type { Ask } from './dialogs.tsx'
import { Logo } from './logo.tsx'

/** Beside the room list when no room is open. */
export function EmptyPane({ hasRooms, ask }: { hasRooms: boolean; ask: Ask }) {
  if (hasRooms) {
    return (
      <main class="pane empty-pane">
        <Logo size={72} />
        <p>Choose a room on the left.</p>
      </main>
    )
  }
  return (
    <main class="pane empty-pane">
      <NoRooms />
      <div class="empty-actions">
        <button type="button" class="button primary" onClick={() => ask({ kind: 'new room' })}>
          Make a room
        </button>
        <button type="button" class="button" onClick={() => ask({ kind: 'join' })}>
          Use a link
        </button>
      </div>
    </main>
  )
}

/** What a room is, to who has none: on a phone in place of the list, which has its own buttons above. */
export function NoRooms() {
  return (
    <>
      <Logo size={72} />
      <h2>No rooms yet</h2>
      <p>
        A room lives on the devices of the people in it, and nowhere else. Make one and send its link, or join one with
        a link that you were sent.
      </p>
    </>
  )
}
