import type { ComponentChildren } from 'preact'
import type { RoomSummary } from '../../core/chat/index.ts'
import { waitingWords } from '../room-words.ts'
import type { Connection } from '../state/connection.ts'
import type { Session } from '../state/session.ts'
import { Avatar } from './avatar.tsx'
import type { Ask } from './dialogs.tsx'
import { sentence } from './field.tsx'
import { BackIcon } from './icons.tsx'
import { Logo } from './logo.tsx'

interface JoiningPaneProps {
  readonly session: Session
  readonly summary: RoomSummary
  readonly ask: Ask
}

/** A private room into which nobody has let this device yet, or into which somebody asks it. */
export function JoiningPane({ session, summary, ask }: JoiningPaneProps) {
  const { joining, name, direct } = summary
  const isRefused = typeof joining === 'object'
  const [head, words] = wordsOf(summary, session.connection.value.kind)

  function leave(): void {
    session.peer.leaveRoom(summary.id).then(() => session.router.replace({ kind: 'rooms' }), session.report)
  }

  function accept(): void {
    session.peer.openDirect(direct ?? '').then(session.refreshRooms, session.report)
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
        {joining === 'request' && direct !== undefined ? <Avatar member={direct} size={72} /> : <Logo size={72} />}
        <div role="status">
          <h3>{head}</h3>
          <p>{words}</p>
        </div>
        <div class="empty-actions">
          {joining === 'request' && (
            <button type="button" class="button primary" onClick={accept}>
              Accept
            </button>
          )}
          {isRefused && (
            <button type="button" class="button primary" onClick={() => ask({ kind: 'join' })}>
              Use another link
            </button>
          )}
          <button type="button" class="button" onClick={leave}>
            {isRefused ? 'Take it off the list' : joining === 'request' ? 'Refuse' : 'Stop asking'}
          </button>
        </div>
      </div>
    </main>
  )
}

function wordsOf(
  summary: RoomSummary,
  connection: Connection['kind']
): readonly [head: ComponentChildren, words: string] {
  const { joining, name, waitsAt = 0 } = summary
  if (typeof joining === 'object') return ['You were not let in', sentence(joining.refused)]
  if (joining === 'request')
    return [
      <>
        <bdi>{name}</bdi> would like to write to you
      </>,
      REQUEST
    ]
  if (joining === 'asking') return ['Asking to come in', ASKING]
  if (waitsAt === 0 && connection === 'looking') return ['Asking to come in', CONNECTING]
  if (waitsAt === 0 && connection === 'cut off') return ['No connection to the network', CUT_OFF]
  return ['Nobody is there yet', waitingWords(summary)]
}

const ASKING = 'A member is being asked to let you in. That takes a moment.'
const CONNECTING = 'This tab is connecting to the network first. That takes a moment.'
const CUT_OFF =
  'It is tried again all the time. Keep this tab open: a member is asked as soon as there is a way, and again when you come back.'
const REQUEST =
  'You know each other from an open room alone, where anybody may be. What they wrote is shown when you accept. When you refuse, they are not told.'
