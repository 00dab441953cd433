import type { RoomSummary } from '../../core/chat/index.ts'
import { counted } from './counted.ts'
import { secondsText } from './seconds.ts'
import { visible } from './visible.ts'

/** `0a1b2c3d4e5f  Talk  (3 members, 2 unread)` */
export function roomLine(room: RoomSummary): string {
  const members = counted(room.members, 'member')
  const unread = room.unread === 0 ? '' : `, ${room.unread} unread`
  const missing = room.missing === 0 ? '' : `, ${room.missing} on their way`
  const coming = room.catchingUp === undefined ? '' : `, older ones coming in, ${room.catchingUp} so far`
  const retention = room.retention === 'forever' ? '' : `, retention ${room.retention}`
  const kept = room.keepers.length === 0 ? '' : `, kept by ${counted(room.keepers.length, 'relay')}`
  const talk = room.toTalk === undefined ? '' : `, first message after ${secondsText(room.toTalk)}`
  return `${room.id.slice(0, 12)}  ${visible(room.name)}  (${members}${unread}${missing}${coming}${kept}${retention}${talk})`
}
