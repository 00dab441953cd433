import type { RoomSummary } from '../../core/chat/index.ts'
import type { Session } from '../state/session.ts'
import { Dialog } from './dialog.tsx'
import { InviteLink } from './invite-link.tsx'
import { PrivateInvite } from './private-invite.tsx'

interface InviteDialogProps {
  readonly session: Session
  readonly onClose: () => void
  readonly room: RoomSummary
}

export function InviteDialog({ session, onClose, room }: InviteDialogProps) {
  return (
    <Dialog title="Invite" onClose={onClose}>
      <div class="dialog-form">
        {room.kind === 'private' ? (
          <PrivateInvite session={session} room={room} />
        ) : (
          <OpenInvite session={session} room={room} />
        )}
      </div>
    </Dialog>
  )
}

function OpenInvite({ session, room }: Omit<InviteDialogProps, 'onClose'>) {
  return (
    <>
      <p>
        Whoever opens this link is in <bdi class="strong">{room.name}</bdi>.
      </p>
      <InviteLink session={session} room={room} label="Invite link" hint={localNote()} autofocus>
        {link => 'share' in navigator && <ShareButton name={room.name} link={link} />}
      </InviteLink>
    </>
  )
}

function ShareButton({ name, link }: { name: string; link: string }) {
  /** Closing the share sheet without sharing rejects, and needs no word. */
  function share(): void {
    navigator.share({ title: `${name} - Starling`, url: link }).catch(() => undefined)
  }
  return (
    <button type="button" class="button" onClick={share}>
      Share
    </button>
  )
}

function localNote(): string | undefined {
  if (!/^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(location.hostname)) return undefined
  return `It opens the page at ${location.host}, which is this computer. Others can paste it under Join in a Starling of their own.`
}
