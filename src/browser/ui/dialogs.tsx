import type { MemberSummary, RoomSummary } from '../../core/chat/index.ts'
import type { Session } from '../state/session.ts'
import type { ShownMessage } from '../state/shown-message.ts'
import { CloseDialog } from './close-dialog.tsx'
import { DeleteDialog } from './delete-dialog.tsx'
import { ExportDialog } from './export-dialog.tsx'
import { InviteDialog } from './invite-dialog.tsx'
import { JoinDialog } from './join-dialog.tsx'
import { LeaveDialog } from './leave-dialog.tsx'
import { NewRoomDialog } from './new-room-dialog.tsx'
import { PassphraseDialog } from './passphrase-dialog.tsx'
import { RemoveDeviceDialog } from './remove-device-dialog.tsx'
import { RemoveDialog } from './remove-dialog.tsx'
import { SafetyDialog } from './safety-dialog.tsx'
import { SettingsDialog } from './settings-dialog.tsx'

export type DialogRequest =
  | { readonly kind: 'new room' }
  | { readonly kind: 'join'; readonly link?: string; readonly problem?: unknown }
  | { readonly kind: 'invite'; readonly room: RoomSummary }
  | { readonly kind: 'leave'; readonly room: RoomSummary }
  | { readonly kind: 'close room'; readonly room: RoomSummary }
  | { readonly kind: 'remove'; readonly room: RoomSummary; readonly member: MemberSummary }
  | {
      readonly kind: 'remove device'
      readonly room: RoomSummary
      readonly member: MemberSummary
      readonly device: string
    }
  | { readonly kind: 'delete'; readonly message: ShownMessage }
  | { readonly kind: 'settings' }
  | { readonly kind: 'passphrase' }
  | { readonly kind: 'export' }
  | { readonly kind: 'safety number'; readonly member: MemberSummary }

export type Ask = (request: DialogRequest) => void

interface DialogsProps {
  readonly session: Session
  readonly request: DialogRequest
  readonly ask: Ask
  readonly onClose: () => void
}

export function Dialogs({ session, request, ask, onClose }: DialogsProps) {
  const common = { session, onClose }
  switch (request.kind) {
    case 'new room':
      return <NewRoomDialog {...common} />
    case 'join':
      return <JoinDialog {...common} link={request.link ?? ''} problem={request.problem} />
    case 'invite':
      return <InviteDialog {...common} room={request.room} />
    case 'leave':
      return <LeaveDialog {...common} room={request.room} />
    case 'close room':
      return <CloseDialog {...common} room={request.room} />
    case 'remove':
      return <RemoveDialog {...common} room={request.room} member={request.member} />
    case 'remove device':
      return <RemoveDeviceDialog {...common} room={request.room} member={request.member} device={request.device} />
    case 'delete':
      return <DeleteDialog {...common} message={request.message} />
    case 'settings':
      return <SettingsDialog {...common} ask={ask} />
    case 'passphrase':
      return <PassphraseDialog {...common} />
    case 'export':
      return <ExportDialog {...common} />
    case 'safety number':
      return <SafetyDialog {...common} member={request.member} />
  }
}
