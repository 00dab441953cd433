import { useId } from 'preact/hooks'
import type { MemberRole, MemberSummary, RoomSummary } from '../../core/chat/index.ts'
import { canManage, ownsRoom } from '../room-words.ts'
import type { Session } from '../state/session.ts'
import type { Ask } from './dialogs.tsx'
import { MoreIcon } from './icons.tsx'

interface MemberMenuProps {
  readonly session: Session
  readonly room: RoomSummary
  readonly member: MemberSummary
  readonly ask: Ask
}

/** What one may do about another member; nothing where there is nothing. */
export function MemberMenu({ session, room, member, ask }: MemberMenuProps) {
  const id = useId()
  const roles = rolesToGive(room, member)
  const [mayRemove, devices] = [mayChange(room, member), devicesToTakeOut(session, room, member)]
  if (!mayRemove && devices.length === 0) return null

  function give(role: MemberRole): void {
    close()
    session.peer.privateRooms.setRole(room.id, member.member, role).catch(session.report)
  }

  function close(): void {
    document.getElementById(id)?.hidePopover()
  }

  return (
    <span class="member-menu">
      <button type="button" class="icon-button" aria-label={`Change ${member.nick}`} title="Change" popovertarget={id}>
        <MoreIcon />
      </button>
      <div id={id} class="menu" popover="auto" role="group" aria-label={`Change ${member.nick}`}>
        {mayRemove &&
          roles.map(role => (
            <button key={role} type="button" class="menu-item" onClick={() => give(role)}>
              {GIVE_WORDS[role]}
            </button>
          ))}
        {devices.map(device => (
          <button
            key={device}
            type="button"
            class="menu-item danger"
            onClick={() => {
              close()
              ask({ kind: 'remove device', room, member, device })
            }}
          >
            Take out device {device.slice(0, 8)}
          </button>
        ))}
        {mayRemove && (
          <button
            type="button"
            class="menu-item danger"
            onClick={() => {
              close()
              ask({ kind: 'remove', room, member })
            }}
          >
            Remove from the room
          </button>
        )}
      </div>
    </span>
  )
}

const GIVE_WORDS: Readonly<Record<MemberRole, string>> = {
  owner: 'Make owner',
  admin: 'Make admin',
  member: 'Make member',
  observer: 'Let only read'
}

/** Whether one may remove a member, or give it another role. */
export function mayChange(room: RoomSummary, { role, self }: MemberSummary): boolean {
  if (self || !canManage(room)) return false
  return room.role === 'owner' || role === 'member' || role === 'observer'
}

/** Of a member who has several: of oneself all but this one, and an owner anybody's. */
function devicesToTakeOut(session: Session, room: RoomSummary, { self, devices = [] }: MemberSummary): string[] {
  if (devices.length < 2 || room.ended !== undefined || !(self || ownsRoom(room))) return []
  return devices.filter(device => device !== session.me.value.device)
}

/** An admin gives what is below admin; an owner gives all. */
function rolesToGive(room: RoomSummary, { role }: MemberSummary): MemberRole[] {
  const all: readonly MemberRole[] =
    room.role === 'owner' ? ['owner', 'admin', 'member', 'observer'] : ['member', 'observer']
  return all.filter(each => each !== role)
}
