import type { MemberSummary, RoomSummary } from '../../core/chat/index.ts'
import type { Session } from '../state/session.ts'
import { ConfirmDialog } from './confirm-dialog.tsx'

interface RemoveDeviceDialogProps {
  readonly session: Session
  readonly onClose: () => void
  readonly room: RoomSummary
  readonly member: MemberSummary
  readonly device: string
}

export function RemoveDeviceDialog({ session, onClose, room, member, device }: RemoveDeviceDialogProps) {
  return (
    <ConfirmDialog
      title="Take the device out?"
      cancel="Keep"
      action="Take out"
      onClose={onClose}
      run={() => session.peer.privateRooms.removeDevice(room.id, member.member, device)}
    >
      <p>
        The device <code>{device.slice(0, 8)}</code> of <bdi class="strong">{member.nick}</bdi> reads nothing that is
        said in this room from now on, and does not come back. <bdi class="strong">{member.nick}</bdi> stays, on the
        others.
      </p>
      <p class="hint">
        Whoever can open the identity on it can make another device of it: then remove the member from the room.
      </p>
    </ConfirmDialog>
  )
}
