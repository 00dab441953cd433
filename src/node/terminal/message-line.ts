import type { Message } from '../../core/chat/index.ts'
import { deliveryText } from './delivery-text.ts'
import { visible } from './visible.ts'

/** A message as the `message` event of the contract, which `read` prints, too. */
export interface MessageObject {
  readonly event: 'message'
  readonly room: string
  readonly id: string
  readonly order: string
  readonly author: string
  readonly nick: string
  readonly time: number
  readonly text: string
  /** It came long after it was written, into a place where nobody looks any more. */
  readonly late?: true
  /** When its author last changed it. */
  readonly edited?: number
}

type Shown = Pick<MessageObject, 'nick' | 'time' | 'text' | 'late' | 'edited'> &
  Partial<Pick<Message, 'own' | 'delivery' | 'kept' | 'deleted'>>

/**
 * `2026-11-21 14:03  anna: text`, with `, arrived late`, `, edited` or `, deleted` after the time where that is so, and where
 * an own message stands: there no name can say it. Further lines of the text are indented, so that none can pass for another message.
 */
export function messageLine(message: Shown): string {
  const late = message.late === true ? ', arrived late' : ''
  const edited = message.edited === undefined ? '' : ', edited'
  const deleted = message.deleted === true ? ', deleted' : ''
  const standing = message.own === true && deleted === '' ? `, ${deliveryText(message)}` : ''
  const head = `${localTime(message.time)}${standing}${late}${edited}${deleted}  ${visible(message.nick).replaceAll('\n', ' ')}: `
  return (head + visible(message.text).replaceAll('\n', `\n${' '.repeat(18)}`)).trimEnd()
}

function localTime(time: number): string {
  const date = new Date(time)
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`
}
