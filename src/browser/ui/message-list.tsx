import { useRef } from 'preact/hooks'
import type { RoomSummary } from '../../core/chat/index.ts'
import { groupMessages, type Row } from '../state/grouping.ts'
import type { OpenRoom, Session } from '../state/session.ts'
import { silenceWords } from '../room-words.ts'
import { beginningWords } from '../words.ts'
import type { Ask } from './dialogs.tsx'
import { NewestIcon } from './icons.tsx'
import type { MessageDeeds } from './message-actions.tsx'
import { focusTouched, walkMessages } from './message-keys.ts'
import { MessageBlock } from './message-block.tsx'
import { PendingList } from './pending-list.tsx'
import { dayName } from './times.ts'
import { useTimelineScroll } from './use-timeline-scroll.ts'

interface MessageListProps {
  readonly session: Session
  readonly room: OpenRoom
  readonly summary: RoomSummary
  readonly ask: Ask
}

/** The timeline: stays at the newest message only for who is there, and holds its place for everybody else. */
export function MessageList({ session, room, summary, ask }: MessageListProps) {
  const { timeline, members } = room
  const list = useRef<HTMLDivElement>(null)
  const toNewest = useTimelineScroll(list, session, room)
  const names = new Map(members.list.value.map(member => [member.member, member.nick]))
  const verified = session.verified.members.value
  const rows = groupMessages(timeline.shown.value, timeline.newFrom.value)
  const deeds: MessageDeeds = {
    edit: room.editing.begin,
    remove: message => ask({ kind: 'delete', message })
  }
  const empty = timeline.loaded.value && rows.length === 0 && timeline.outbox.pending.value.length === 0

  return (
    <div class="timeline">
      <div
        ref={list}
        class="messages"
        role="log"
        aria-label="Messages"
        aria-busy={!timeline.loaded.value}
        tabIndex={0}
        onKeyDown={walkMessages}
        onClick={focusTouched}
      >
        <div class="messages-content">
          {timeline.above.value !== 'more' && rows.length > 0 && (
            <p class="beginning">{timeline.above.value === 'nothing' ? beginningWords(summary) : TOO_MANY}</p>
          )}
          {rows.map(row => renderRow(row, { names, verified, deeds }))}
          <PendingList outbox={timeline.outbox} />
          {empty && <EmptyRoom room={summary} />}
        </div>
      </div>
      {!timeline.atBottom.value && (
        <button type="button" class="button to-newest" onClick={toNewest}>
          <NewestIcon />
          Jump to newest
        </button>
      )}
    </div>
  )
}

const TOO_MANY = 'Older messages are kept here, too many to show.'

const FIRST_WORDS: Readonly<Record<RoomSummary['kind'], string>> = {
  open: 'Say a word. Whoever comes later gets it from you, as long as this tab is open.',
  private: 'Say a word. Members who are away get it later, from you or from each other.'
}

function EmptyRoom({ room }: { room: RoomSummary }) {
  const isAsking = room.catchingUp !== undefined
  return (
    <div class="beginning-empty">
      <h3>{isAsking ? 'Asking what was said here' : 'Nothing to read here yet'}</h3>
      {silenceWords(room) === undefined && <p>{FIRST_WORDS[room.kind]}</p>}
    </div>
  )
}

interface RowContext {
  /** Names as they are shown in the room now, by member. */
  readonly names: ReadonlyMap<string, string>
  readonly verified: ReadonlySet<string>
  readonly deeds: MessageDeeds
}

function renderRow(row: Row, { names, verified, deeds }: RowContext) {
  switch (row.kind) {
    case 'day':
      return (
        <p key={row.key} class="line">
          <span>{dayName(row.time)}</span>
        </p>
      )
    case 'new':
      return (
        <p key={row.key} class="line line-new">
          <span>New</span>
        </p>
      )
    case 'block': {
      const [{ author, nick }] = row.messages
      return (
        <MessageBlock
          key={row.key}
          messages={row.messages}
          nick={names.get(author) ?? nick}
          isVerified={verified.has(author)}
          deeds={deeds}
        />
      )
    }
  }
}
