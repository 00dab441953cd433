import { dayOf, MAX_PARENTS, sealEntry, type OpenedBody } from '../../encryption/index.ts'
import type { DisplayName } from '../../identity/index.ts'
import { isAhead, nextHybridTime, SALT_BYTES, type Entry, type EntryId, type HybridTime } from '../../log/index.ts'
import { encodeContent, MESSAGE_KIND } from './content.ts'
import type { DeviceRecord } from './devices.ts'
import { newestHeads, type History } from './history.ts'
import type { RoomDeps } from './room-deps.ts'
import type { RoomState } from './room-state.ts'

/** The next entry of this device in a room that stands so: sealed and signed, above all that it cites. */
export async function sealMessage(deps: RoomDeps, state: RoomState, text: string): Promise<Entry> {
  const { keys, identity, random, clock } = deps
  const epoch = keys.epochs.current()
  const contentKey = keys.epochs.contentKey('chat', epoch)
  if (contentKey === undefined) throw new Error('the current epoch has no key')
  const heads = citableHeads(state.history, clock.now())
  const time = nextHybridTime(
    clock.now(),
    heads.map(([, head]) => head)
  )
  const body = ownBody(deps, state.book.get(identity.certificate.device), { text, time, heads })
  const start = { class: 'chat', epoch, clock: time, extensions: [], salt: random(SALT_BYTES) } as const
  return sealEntry({ roomId: keys.roomId, contentKey }, identity.deviceKey, start, body)
}

/**
 * Heads that an entry of now can stand above. Those that are ahead, which a clock put right leaves behind, are neither
 * cited nor move the clock: whoever followed them would be ahead for everybody else.
 */
function citableHeads(history: History, now: number): [EntryId, HybridTime][] {
  // One millisecond less than others allow: the counter may be used up, and then the next millisecond is taken.
  return newestHeads(history).filter(([, { ms }]) => !isAhead({ ms: ms + 1, counter: 0 }, now))
}

interface OwnWords {
  readonly text: string
  readonly time: HybridTime
  readonly heads: readonly [EntryId, HybridTime][]
}

function ownBody(
  deps: RoomDeps,
  own: DeviceRecord | undefined,
  { text, time, heads }: OwnWords
): Omit<OpenedBody, 'device'> {
  const nick = deps.nick()
  const previous = own?.last?.id
  const profile = isProfileDue(own, nick, time) && { certificate: deps.identity.certificate.bytes, nick }
  return {
    sequence: (own?.last?.sequence ?? 0) + 1,
    previous,
    parents: heads.flatMap(([id]) => (id === previous ? [] : [id])).slice(0, MAX_PARENTS),
    kind: MESSAGE_KIND,
    content: encodeContent({ kind: MESSAGE_KIND, text, ...(profile && { profile }) })
  }
}

/** On the first entry, on one a day, and when the nickname changed. */
function isProfileDue(own: DeviceRecord | undefined, nick: DisplayName, time: HybridTime): boolean {
  return own?.last === undefined || dayOf(own.wroteAt) !== dayOf(time.ms) || own.nick !== nick
}
