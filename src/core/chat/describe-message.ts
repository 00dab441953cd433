import type { RoomId } from '../encryption/index.ts'
import type { MemberId } from '../identity/index.ts'
import type { OwnMessages } from './own-messages.ts'
import type { Message } from './peer.ts'
import type { RoomMessage } from './room/shown-messages.ts'

interface Context {
  readonly room: RoomId
  /** Of the author, as it is shown. */
  readonly nick: string
  readonly self: MemberId
  readonly own: OwnMessages
}

/** A message as it is told to the edges. */
export function describeMessage(message: RoomMessage, { room, nick, self, own }: Context): Message {
  const { id, order, author, time, text, ownSequences, late, edited, deleted } = message
  const marks = { ...(late && { late }), ...(edited !== undefined && { edited }), ...(deleted && { deleted }) }
  const common = { room, id, order, author, nick, time, text, ...marks }
  if (ownSequences.length === 0) return { ...common, own: author === self }
  return { ...common, own: true, ...own.standing(ownSequences) }
}
