import type { RoomSummary } from '../../core/chat/index.ts'
import type { Session } from '../state/session.ts'
import { Dialog } from './dialog.tsx'
import { InviteLink } from './invite-link.tsx'
import { localNote, ShareButton } from './passing-on.tsx'
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
        {link => <ShareButton name={room.name} link={link} />}
      </InviteLink>
    </>
  )
}
