import { DELETED, deliveryWords, LATE_NOTE } from '../words.ts'
import { Avatar } from './avatar.tsx'
import { nameHue } from './bird.ts'
import { DeliveryMark } from './delivery-mark.tsx'
import { MessageActions, type MessageDeeds } from './message-actions.tsx'
import { MessageText } from './message-text.tsx'
import { Name } from './name.tsx'
import { clockTime, fullTime } from './times.ts'
import { VerifiedMark } from './verified-mark.tsx'
import type { ShownMessage } from '../state/shown-message.ts'

interface MessageBlockProps {
  readonly deeds: MessageDeeds
  readonly messages: readonly [ShownMessage, ...ShownMessage[]]
  /** The name as it is shown in the room now. */
  readonly nick: string
  readonly isVerified: boolean
}

/** Messages of one author: bird and name once, then what was said. */
export function MessageBlock({ messages, nick, isVerified, deeds }: MessageBlockProps) {
  const [first] = messages
  return (
    <div class="block">
      <Avatar member={first.author} />
      <div class="block-messages">
        <p class="block-head">
          <Name class="author" nick={nick} style={{ '--hue': nameHue(first.author) }} />
          {isVerified && <VerifiedMark />}
          <time title={fullTime(first.time)}>{clockTime(first.time)}</time>
        </p>
        {messages.map((message, index) => (
          <MessageRow key={message.id} message={message} nick={index === 0 ? undefined : nick} deeds={deeds} />
        ))}
      </div>
    </div>
  )
}

interface MessageRowProps {
  readonly message: ShownMessage
  /** Names the author to a screen reader, which hears each message alone. */
  readonly nick: string | undefined
  readonly deeds: MessageDeeds
}

function MessageRow({ message, nick, deeds }: MessageRowProps) {
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
      {message.deleted === true ? <p class="tombstone">{DELETED}</p> : <Said message={message} deeds={deeds} />}
    </div>
  )
}

function Said({ message, deeds }: Omit<MessageRowProps, 'nick'>) {
  return (
    <>
      <MessageText text={message.text} />
      {message.edited !== undefined && (
        <span class="mark" title={`Edited ${fullTime(message.edited)}`}>
          edited
        </span>
      )}
      {message.late === true && (
        <span class="mark" title={LATE_NOTE}>
          arrived late
        </span>
      )}
      {message.own && <DeliveryMark delivery={message.delivery} words={deliveryWords(message)} />}
      {message.own && <MessageActions message={message} deeds={deeds} />}
    </>
  )
}
