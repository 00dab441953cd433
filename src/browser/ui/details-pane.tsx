import type { MemberSummary, RoomSummary } from '../../core/chat/index.ts'
import { ownsRoom, ROLE_WORDS } from '../room-words.ts'
import type { OpenRoom, Session } from '../state/session.ts'
import { count, EQUIVOCATED_NOTE, keepersNote, OPEN_ROOM_NOTE, pathWords } from '../words.ts'
import { Avatar } from './avatar.tsx'
import type { Ask } from './dialogs.tsx'
import { CloseIcon, MessageIcon, SafetyIcon } from './icons.tsx'
import { InviteLink } from './invite-link.tsx'
import { mayChange, MemberMenu } from './member-menu.tsx'
import { Name } from './name.tsx'
import { RoomSettings } from './room-settings.tsx'
import { RetentionChoice } from './retention-choice.tsx'
import { VerifiedMark } from './verified-mark.tsx'

interface DetailsPaneProps {
  readonly session: Session
  readonly room: OpenRoom
  readonly summary: RoomSummary
  readonly ask: Ask
}

export function DetailsPane({ session, room, summary, ask }: DetailsPaneProps) {
  const members = room.members.list.value
  const online = members.filter(member => member.online || member.self).length
  return (
    <aside class="pane details-pane" aria-label="Details">
      <header class="pane-head">
        <h2>Details</h2>
        <button
          type="button"
          class="icon-button"
          aria-label="Close details"
          onClick={() => session.router.back({ kind: 'room', room: room.id, details: false })}
        >
          <CloseIcon />
        </button>
      </header>
      <div class="details">
        {summary.kind === 'private' ? (
          <RoomSettings session={session} room={summary} />
        ) : (
          <AboutOpenRoom session={session} summary={summary} />
        )}
        <section>
          <h3 class="with-count">
            {count(members.length, 'member', 'members')} <span class="hint">{online} online</span>
          </h3>
          <ul class="member-list" aria-label="Members">
            {members.slice(0, MAX_LISTED).map(member => (
              <Member key={member.member} member={member} session={session} room={summary} ask={ask} />
            ))}
          </ul>
          {members.length > MAX_LISTED && <p class="hint">and {members.length - MAX_LISTED} more</p>}
        </section>
        <RetentionChoice session={session} room={summary} />
        {ownsRoom(summary) && (
          <button type="button" class="button danger" onClick={() => ask({ kind: 'close room', room: summary })}>
            Close the room
          </button>
        )}
        <button type="button" class="button danger" onClick={() => ask({ kind: 'leave', room: summary })}>
          Leave
        </button>
      </div>
    </aside>
  )
}

function AboutOpenRoom({ session, summary }: Pick<DetailsPaneProps, 'session' | 'summary'>) {
  return (
    <>
      <section>
        <h3>
          <bdi>{summary.name}</bdi>
        </h3>
        <p class="hint">{OPEN_ROOM_NOTE}</p>
        {summary.keepers.length > 0 && <p class="hint">{keepersNote(summary.keepers.length)}</p>}
      </section>
      <section>
        <InviteLink session={session} room={summary} label="Link" />
      </section>
    </>
  )
}

/** Anyone may enter an open room under many keys; the page stays quick all the same. */
const MAX_LISTED = 500

function writeTo(session: Session, { member }: MemberSummary): void {
  session.peer
    .openDirect(member)
    .then(({ id }) => session.router.go({ kind: 'room', room: id, details: false }), session.report)
}

interface MemberProps {
  readonly member: MemberSummary
  readonly session: Session
  readonly room: RoomSummary
  readonly ask: Ask
}

function Member({ member, session, room, ask }: MemberProps) {
  const { words, explained } = pathWords(member)
  // Of a direct conversation both are owners.
  const isTold = room.direct === undefined && ROLE_WORDS[member.role] !== ''
  const role = isTold ? `${ROLE_WORDS[member.role]}, ` : ''
  const rtt = member.online && member.rtt !== undefined ? `, ${Math.max(1, Math.round(member.rtt))} ms` : ''
  return (
    <li class="member" data-online={member.online || member.self}>
      <Avatar member={member.member} size={32} />
      <span class="member-head">
        <Name class="member-name" nick={member.nick} />
        {session.verified.members.value.has(member.member) && <VerifiedMark />}
      </span>
      {!member.self && room.direct === undefined && (
        <button
          type="button"
          class="icon-button member-direct"
          aria-label={`Message ${member.nick}`}
          title="Message"
          onClick={() => writeTo(session, member)}
        >
          <MessageIcon />
        </button>
      )}
      {!member.self && (
        <button
          type="button"
          class="icon-button member-safety"
          aria-label={`Safety number of ${member.nick}`}
          title="Safety number"
          onClick={() => ask({ kind: 'safety number', member })}
        >
          <SafetyIcon />
        </button>
      )}
      <MemberMenu session={session} room={room} member={member} ask={ask} />
      {member.equivocated === true && (
        <span class="member-flag" title={EQUIVOCATED_NOTE}>
          signed two messages as one
        </span>
      )}
      {member.uninvited === true && (
        <span class="member-flag">
          <span>came by an invite that you had revoked</span>{' '}
          {mayChange(room, member) && (
            <button type="button" class="link-button" onClick={() => ask({ kind: 'remove', room, member })}>
              Remove
            </button>
          )}
        </span>
      )}
      <span class="member-path" title={explained}>
        {role}
        {words}
        {rtt}
      </span>
    </li>
  )
}
