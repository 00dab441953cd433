import type { RoomSummary } from '../../core/chat/index.ts'
import { counted } from './counted.ts'
import { secondsText } from './seconds.ts'
import { visible } from './visible.ts'

const JOINING = {
  asking: 'asking a member to let you in',
  waiting: 'not in yet: nobody who could let you in is reachable',
  request: 'would like to write to you: `dm` answers, `room leave` refuses'
} as const
const RETURNING = {
  asking: 'asking a member for the way back',
  waiting: 'not back yet: nobody who could bring you back is reachable'
} as const
const APART = 'who is known there does not meet you any more: you may need a new invite'
const ENDED = {
  closed: 'closed',
  removed: 'you were removed',
  banned: 'you were banned',
  left: 'you left',
  'device-removed': 'this device was taken out',
  'other-left': 'they left'
} as const

/** `0a1b2c3d4e5f  Talk  (private, 3 members, 2 unread)` */
export function roomLine(room: RoomSummary): string {
  const start = `${room.id.slice(0, 12)}  ${visible(room.name)}`
  if (typeof room.joining === 'object') return `${start}  (refused: ${room.joining.refused})`
  if (room.joining !== undefined) return `${start}  (${JOINING[room.joining]}${waiting(room)})`
  const kind = `${room.direct === undefined ? room.kind : 'direct'}${room.ended === undefined ? '' : `, ${ENDED[room.ended]}`}`
  const isAlone = room.direct !== undefined && room.members === 1 && room.ended === undefined
  const members = isAlone ? 'they are not in yet' : counted(room.members, 'member')
  const unread = room.unread === 0 ? '' : `, ${room.unread} unread`
  const missing = room.missing === 0 ? '' : `, ${room.missing} on their way`
  const coming = room.catchingUp === undefined ? '' : `, older ones coming in, ${room.catchingUp} so far`
  const retention = room.retention === 'forever' ? '' : `, retention ${room.retention}`
  const kept = room.keepers.length === 0 ? '' : `, kept by ${counted(room.keepers.length, 'relay')}`
  const talk = room.toTalk === undefined ? '' : `, first message after ${secondsText(room.toTalk)}`
  return `${start}  (${kind}, ${members}${unread}${missing}${coming}${kept}${retention}${talk}${returning(room)})`
}

function waiting({ waitsAt = 0 }: RoomSummary): string {
  return waitsAt === 0 ? '' : `; the request waits at ${counted(waitsAt, 'relay')}`
}

function returning(room: RoomSummary): string {
  if (room.returning === undefined) return room.apart === true ? `, ${APART}` : ''
  if (typeof room.returning === 'object') return `, not back: ${room.returning.refused}`
  return `, ${RETURNING[room.returning]}${waiting(room)}`
}
