import type { RoomSummary } from '../../core/chat/index.ts'
import { canInvite, returningWords, silenceWords } from '../room-words.ts'
import type { OpenRoom, Session } from '../state/session.ts'
import { Composer } from './composer.tsx'
import { ConnectionLine } from './connection-line.tsx'
import type { Ask } from './dialogs.tsx'
import { GapLine } from './gap-line.tsx'
import { BackIcon, DetailsIcon, InviteIcon, LeaveIcon } from './icons.tsx'
import { MemberStack } from './member-stack.tsx'
import { MessageList } from './message-list.tsx'
import { NoticeBar } from './notice-bar.tsx'

interface RoomPaneProps {
  readonly session: Session
  readonly room: OpenRoom
  readonly summary: RoomSummary
  readonly ask: Ask
}

export function RoomPane({ session, room, summary, ask }: RoomPaneProps) {
  const { router } = session
  const route = router.route.value
  const silence = silenceWords(summary)
  const returning = returningWords(summary)
  const details = route.kind === 'room' && route.details
  return (
    <main class="pane room-pane">
      <header class="pane-head room-head">
        <button
          type="button"
          class="icon-button phone-only"
          aria-label="Back to the rooms"
          onClick={() => router.back({ kind: 'rooms' })}
        >
          <BackIcon />
        </button>
        <div class="room-title">
          <h2 title={summary.name}>
            <bdi>{summary.name}</bdi>
          </h2>
          <ConnectionLine session={session} />
        </div>
        {!details && <MemberStack members={room.members.list.value} />}
        {canInvite(summary) && (
          <button
            type="button"
            class="button"
            aria-label="Invite"
            onClick={() => ask({ kind: 'invite', room: summary })}
          >
            <InviteIcon />
            <span class="button-label">Invite</span>
          </button>
        )}
        {!details && (
          <button
            type="button"
            class="icon-button wide-only"
            aria-label="Leave"
            title="Leave"
            onClick={() => ask({ kind: 'leave', room: summary })}
          >
            <LeaveIcon />
          </button>
        )}
        <button
          type="button"
          class="icon-button"
          aria-label="Details"
          title="Details"
          aria-pressed={details}
          onClick={() => {
            if (details) router.back({ kind: 'room', room: room.id, details: false })
            else router.go({ kind: 'room', room: room.id, details: true })
          }}
        >
          <DetailsIcon />
        </button>
      </header>
      <NoticeBar notices={session.notices} />
      <MessageList session={session} room={room} summary={summary} ask={ask} />
      <GapLine room={room} summary={summary} />
      {returning !== undefined && (
        <p class="gap" role="status" aria-label="The way back">
          {returning}
        </p>
      )}
      {silence === undefined ? (
        <Composer key={room.id} session={session} room={room} roomName={summary.name} />
      ) : (
        <p class="silence" role="note">
          {silence}
        </p>
      )}
    </main>
  )
}
