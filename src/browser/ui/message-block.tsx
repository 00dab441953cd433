import { deliveryWords, LATE_NOTE } from '../words.ts'
import { Avatar } from './avatar.tsx'
import { nameHue } from './bird.ts'
import { DeliveryMark } from './delivery-mark.tsx'
import { MessageText } from './message-text.tsx'
import { Name } from './name.tsx'
import { clockTime, fullTime } from './times.ts'
import type { ShownMessage } from '../state/shown-message.ts'

interface MessageBlockProps {
  readonly messages: readonly [ShownMessage, ...ShownMessage[]]
  /** The name as it is shown in the room now. */
  readonly nick: string
}

/** Messages of one author: bird and name once, then what was said. */
export function MessageBlock({ messages, nick }: MessageBlockProps) {
  const [first] = messages
  return (
    <div class="block">
      <Avatar member={first.author} />
      <div class="block-messages">
        <p class="block-head">
          <Name class="author" nick={nick} style={{ '--hue': nameHue(first.author) }} />
          <time title={fullTime(first.time)}>{clockTime(first.time)}</time>
        </p>
        {messages.map((message, index) => (
          <MessageRow key={message.id} message={message} nick={index === 0 ? undefined : nick} />
        ))}
      </div>
    </div>
  )
}

/** `nick` names the author to a screen reader, which hears each message alone. */
function MessageRow({ message, nick }: { message: ShownMessage; nick: string | undefined }) {
  return (
    <div class="message" id={`message-${message.id}`} tabIndex={-1}>
      {nick !== undefined && (
        <>
          <span class="unseen">{nick}: </span>
          <time class="message-time" title={fullTime(message.time)}>
            {clockTime(message.time)}
          </time>
        </>
      )}
      {message.deleted === true ? <p class="late">Message deleted</p> : <MessageText text={message.text} />}
      {message.edited !== undefined && (
        <span class="late" title={fullTime(message.edited)}>
          edited
        </span>
      )}
      {message.late === true && (
        <span class="late" title={LATE_NOTE}>
          arrived late
        </span>
      )}
      {message.own && <DeliveryMark delivery={message.delivery} words={deliveryWords(message)} />}
    </div>
  )
}
