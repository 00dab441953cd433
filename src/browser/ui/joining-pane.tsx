import type { RoomSummary } from '../../core/chat/index.ts'
import type { Session } from '../state/session.ts'
import type { Ask } from './dialogs.tsx'
import { sentence } from './field.tsx'
import { BackIcon } from './icons.tsx'
import { Logo } from './logo.tsx'

interface JoiningPaneProps {
  readonly session: Session
  readonly summary: RoomSummary
  readonly ask: Ask
}

/** A private room into which nobody has let this device yet. */
export function JoiningPane({ session, summary, ask }: JoiningPaneProps) {
  const { joining, name } = summary
  const isRefused = typeof joining === 'object'

  function leave(): void {
    session.peer.leaveRoom(summary.id).then(() => session.router.replace({ kind: 'rooms' }), session.report)
  }

  return (
    <main class="pane room-pane">
      <header class="pane-head room-head">
        <button
          type="button"
          class="icon-button phone-only"
          aria-label="Back to the rooms"
          onClick={() => session.router.back({ kind: 'rooms' })}
        >
          <BackIcon />
        </button>
        <div class="room-title">
          <h2 title={name}>
            <bdi>{name}</bdi>
          </h2>
        </div>
      </header>
      <div class="empty-pane joining">
        <Logo size={72} />
        <div role="status">
          <h3>
            {isRefused ? 'You were not let in' : joining === 'asking' ? 'Asking to come in' : 'Nobody is there yet'}
          </h3>
          <p>{isRefused ? sentence(joining.refused) : joining === 'asking' ? ASKING : WAITING}</p>
        </div>
        <div class="empty-actions">
          {isRefused && (
            <button type="button" class="button primary" onClick={() => ask({ kind: 'join' })}>
              Use another link
            </button>
          )}
          <button type="button" class="button" onClick={leave}>
            {isRefused ? 'Take it off the list' : 'Stop asking'}
          </button>
        </div>
      </div>
    </main>
  )
}

const ASKING = 'A member is being asked to let you in. That takes a moment.'
const WAITING =
  'It takes one member who is online. Keep this tab open: it goes on by itself, and again when you come back.'
