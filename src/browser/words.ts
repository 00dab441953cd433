import type { MemberSummary, Message, RoomSummary } from '../core/chat/index.ts'
import type { Connection } from './state/connection.ts'
import type { Notice } from './state/session.ts'

/** Sentences that more than one screen says, or that tests and screen readers rely on. */

export function connectionWords(connection: Connection): string {
  switch (connection.kind) {
    case 'looking':
      return 'Looking for peers...'
    case 'cut off':
      return 'No connection to the network. Trying again.'
    case 'ready':
      return 'Connected to the network.'
    case 'alone':
      return 'Nobody else is here yet. Send the link, and keep this tab open.'
    case 'together':
      return `Connected to ${count(connection.people, 'person', 'people')}, ${directWords(connection)}.`
  }
}

function directWords({ people, direct }: { people: number; direct: number }): string {
  if (direct === 0) return 'through a relay'
  if (people === 1) return 'directly'
  return direct === people ? 'all directly' : `${direct} directly`
}

/** What is said at once, and what to who asks: where nobody answers there is much to say, and little space beside the rooms. */
export function noticeWords({ code, text }: Notice): readonly [brief: string, more: string | undefined] {
  const [, brief = text, more] = (code === 'members-unreachable' && /^(.+? answers\.) (.+)$/.exec(text)) || []
  return [brief, more]
}

/** A keeper is nobody who reads: what it stores is sent, and waits there. */
export function deliveryWords({ delivery, kept = 0 }: Pick<Message, 'delivery' | 'kept'>): string {
  if (delivery !== undefined && delivery.to > 0) return `Delivered to ${delivery.to} of ${delivery.of}`
  return kept > 0 ? `Sent, kept by ${count(kept, 'relay', 'relays')}` : 'Sent'
}

const PATHS: Record<MemberSummary['path'], { words: string; explained: string }> = {
  direct: { words: 'direct', explained: 'Your devices talk to each other with nobody in between.' },
  punched: { words: 'direct', explained: 'Both routers were opened for it; nobody is in between.' },
  webrtc: { words: 'WebRTC, direct', explained: 'Your browsers talk to each other with nobody in between.' },
  turn: { words: 'WebRTC, through a relay', explained: 'A TURN server passes the sealed data on; it cannot read it.' },
  relayed: { words: 'through a relay', explained: 'A relay passes the sealed data on; it cannot read it.' },
  none: { words: 'online', explained: 'Heard of through other members.' }
}

export function pathWords({ self, online, path }: MemberSummary): { words: string; explained: string } {
  if (self) return { words: 'you', explained: 'This is you, on this device.' }
  return online ? PATHS[path] : { words: 'offline', explained: 'Gets what was missed from other members later.' }
}

/** Above the first message that is here. */
export function beginningWords({ missing, catchingUp }: Pick<RoomSummary, 'missing' | 'catchingUp'>): string {
  if (catchingUp === 0) return 'Others are being asked for older messages.'
  if (catchingUp !== undefined) return catchingUpWords(catchingUp)
  if (missing > 0) return 'Some of what was said before is not here yet.'
  return 'This is where it begins, as far as this tab knows.'
}

export function catchingUpWords(came: number): string {
  return `Older messages are on their way (${came.toLocaleString('en')} so far).`
}

export function count(number: number, one: string, many: string): string {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`
}

export const OPEN_ROOM_NOTE =
  'This is an open room: anyone who knows its name can read and write. Choose a name nobody guesses to stay among yourselves.'

export const DELETED = 'Message deleted'

export const LATE_NOTE =
  'It came more than ten minutes after it was written, and stands in its place among earlier messages.'

export const EQUIVOCATED_NOTE =
  'A device of this member signed two different messages as one and the same: what it says may differ from reader to reader.'

/** Of an open room a keeper is told the name, and so could read it: it must not be said that it cannot. */
export function keepersNote(keepers: number): string {
  return `Kept by ${count(keepers, 'relay', 'relays')}: what is said here waits there for those who are away. Who keeps an open room knows its name, and could read it.`
}

export const UNREACHABLE_NOTE =
  'This tab has no address on the network right now: newcomers may not find the way until it is connected again.'
