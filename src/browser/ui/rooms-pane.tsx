import type { RoomSummary } from '../../core/chat/index.ts'
import type { RoomRow } from '../state/room-list.ts'
import type { Session } from '../state/session.ts'
import { count, DELETED } from '../words.ts'
import { Avatar } from './avatar.tsx'
import { ConnectionLine } from './connection-line.tsx'
import type { Ask } from './dialogs.tsx'
import { NoRooms } from './empty-pane.tsx'
import { JoinIcon, NewIcon, SettingsIcon } from './icons.tsx'
import { Logo } from './logo.tsx'
import { NoticeBar } from './notice-bar.tsx'
import { shortTime } from './times.ts'

interface RoomsPaneProps {
  readonly session: Session
  readonly ask: Ask
  /** There is no other pane beside this one. */
  readonly phone: boolean
}

export function RoomsPane({ session, ask, phone }: RoomsPaneProps) {
  const { member, nick } = session.me.value
  const rooms = session.rooms.value.filter(({ summary }) => summary.direct === undefined)
  const directs = session.rooms.value.filter(({ summary }) => summary.direct !== undefined)
  return (
    <aside class="pane rooms-pane">
      <header class="pane-head">
        <Logo size={28} />
        <h1 class="brand">Starling</h1>
      </header>
      <div class="room-actions">
        <button type="button" class="button" onClick={() => ask({ kind: 'new room' })}>
          <NewIcon />
          New room
        </button>
        <button type="button" class="button" onClick={() => ask({ kind: 'join' })}>
          <JoinIcon />
          Join
        </button>
      </div>
      {session.open.value === undefined && <NoticeBar notices={session.notices} />}
      {phone && session.rooms.value.length === 0 ? (
        <div class="empty-list">
          <NoRooms />
        </div>
      ) : (
        <nav class="room-list" aria-label="Rooms">
          <RoomRows rows={rooms} session={session} />
          {directs.length > 0 && (
            <>
              <h2 class="room-group" id="direct-messages">
                Direct messages
              </h2>
              <RoomRows rows={directs} session={session} labelledBy="direct-messages" />
            </>
          )}
        </nav>
      )}
      {session.open.value === undefined && <ConnectionLine session={session} />}
      <footer class="me">
        <Avatar member={member} size={32} />
        <bdi class="me-name" title={nick}>
          {nick}
        </bdi>
        <button type="button" class="icon-button" aria-label="Settings" onClick={() => ask({ kind: 'settings' })}>
          <SettingsIcon />
        </button>
      </footer>
    </aside>
  )
}

interface RoomRowsProps {
  readonly rows: readonly RoomRow[]
  readonly session: Session
  readonly labelledBy?: string
}

function RoomRows({ rows, session, labelledBy }: RoomRowsProps) {
  return (
    <ul aria-labelledby={labelledBy}>
      {rows.map(row => (
        <li key={row.summary.id}>
          <RoomLink row={row} session={session} />
        </li>
      ))}
    </ul>
  )
}

function RoomLink({ row: { summary, last }, session }: { row: RoomRow; session: Session }) {
  const current = session.open.value?.id === summary.id
  function open(event: Event): void {
    event.preventDefault()
    if (!current) session.router.go({ kind: 'room', room: summary.id, details: false })
  }
  return (
    <a class="room-link" href={`#/room/${summary.id}`} aria-current={current ? 'page' : undefined} onClick={open}>
      <span class="room-line">
        <bdi class="room-name" title={summary.name}>
          {summary.name}
        </bdi>
        {last !== undefined && <time class="room-time">{shortTime(last.time)}</time>}
      </span>
      <span class="room-line">
        <span class="room-last">
          {last === undefined || summary.apart === true ? (
            firstWords(summary)
          ) : (
            <>
              <bdi>{last.own ? 'You' : last.nick}</bdi>:{' '}
              <bdi>{last.deleted === true ? DELETED : last.text.slice(0, MAX_PREVIEW)}</bdi>
            </>
          )}
        </span>
        {summary.unread > 0 && (
          <span class="badge" aria-label={count(summary.unread, 'new message', 'new messages')} role="img">
            {summary.unread > 99 ? '99+' : summary.unread}
          </span>
        )}
      </span>
    </a>
  )
}

function firstWords({ joining, apart }: RoomSummary): string {
  if (apart === true) return 'You may need a new invite'
  if (joining === undefined) return 'No messages yet'
  if (joining === 'request') return 'Would like to write to you'
  return typeof joining === 'object' ? 'Not let in' : 'Asking to come in'
}

/** Characters of the last message; the line is cut by its width long before. */
const MAX_PREVIEW = 120
