import type { RoomSummary } from '../../core/chat/index.ts'

/** Whether this peer asks its members for the way in, or back. */
export function isAsking({ joining, returning }: RoomSummary): boolean {
  return (joining ?? returning) !== undefined
}

/** Not there, or only on the way there: who comes back has from before that it was out, or in, until it hears of the rest. */
export function isOutside({ kind, role, returning }: RoomSummary): boolean {
  return kind === 'private' && (role === undefined || returning !== undefined)
}
