import { dayOf, MAX_PARENTS, sealEntry, type OpenedBody } from '../../encryption/index.ts'
import type { DisplayName } from '../../identity/index.ts'
import { UsageError, type Millis } from '../../bytes/index.ts'
import { isAhead, MAX_CLOCK_AHEAD, nextHybridTime, type Entry, type EntryId, type HybridTime } from '../../log/index.ts'
import { OPENING_BYTES, saltOf, type Authorship } from './authorship.ts'
import { encodeContent, type DELETION_KIND, type EDIT_KIND, type MESSAGE_KIND } from './content.ts'
import type { DeviceRecord } from './devices.ts'
import { newestHeads, type History } from './history.ts'
import type { RoomDeps } from './room-deps.ts'
import type { RoomState } from './room-state.ts'

/** Less than others allow: their clocks may be behind this one, and the counter of a millisecond may be used up. */
const MARGIN: Millis = 60_000

/** What this device says: the kind and fields of a content, without what stands in any. */
export type OwnWords =
  | { readonly kind: typeof MESSAGE_KIND; readonly text: string }
  | { readonly kind: typeof EDIT_KIND; readonly text: string; readonly target: EntryId }
  | { readonly kind: typeof DELETION_KIND; readonly targets: readonly Authorship[] }

/** @throws UsageError where an entry above these clocks would be too far ahead for others to take it */
export function refuseAhead(clocks: readonly HybridTime[], now: Millis): void {
  const ahead = Math.max(0, ...clocks.map(({ ms }) => ms)) - now - MAX_CLOCK_AHEAD
  if (ahead <= 0) return
  const minutes = Math.ceil(ahead / 60_000)
  throw new UsageError(`this message is of a time to come, from when the clock was ahead: try again in ${minutes} min`)
}

/** The next entry of this device in a room that stands so: sealed and signed, above all that it cites, and above these clocks. */
export async function sealOwn(
  deps: RoomDeps,
  state: RoomState,
  words: OwnWords,
  above: readonly HybridTime[]
): Promise<Entry> {
  const { keys, identity, random, clock } = deps
  const epoch = keys.epochs.current()
  const contentKey = keys.epochs.contentKey('chat', epoch)
  if (contentKey === undefined) throw new Error('the current epoch has no key')
  const heads = citableHeads(state.history, clock.now())
  const time = nextHybridTime(clock.now(), [...heads.map(([, head]) => head), ...above])
  const { device } = identity.certificate
  const opening = random(OPENING_BYTES)
  const body = ownBody(deps, state.book.get(device), { words, time, heads, opening })
  const salt = saltOf({ device, sequence: body.sequence, kind: body.kind, opening })
  const start = { class: 'chat', epoch, clock: time, extensions: [], salt } as const
  return sealEntry({ roomId: keys.roomId, contentKey }, identity.deviceKey, start, body)
}

/**
 * Heads that an entry of now can stand above. Those that are ahead, which a clock put right leaves behind, are neither
 * cited nor move the clock: whoever followed them would be ahead for everybody else.
 */
function citableHeads(history: History, now: number): [EntryId, HybridTime][] {
  return newestHeads(history).filter(([, { ms }]) => !isAhead({ ms: ms + MARGIN, counter: 0 }, now))
}

interface Saying {
  readonly words: OwnWords
  readonly time: HybridTime
  readonly heads: readonly [EntryId, HybridTime][]
  readonly opening: Uint8Array
}

function ownBody(
  deps: RoomDeps,
  own: DeviceRecord | undefined,
  { words, time, heads, opening }: Saying
): Omit<OpenedBody, 'device'> {
  const nick = deps.nick()
  const previous = own?.last?.id
  const profile = isProfileDue(own, nick, time) && { certificate: deps.identity.certificate.bytes, nick }
  return {
    sequence: (own?.last?.sequence ?? 0) + 1,
    previous,
    parents: heads.flatMap(([id]) => (id === previous ? [] : [id])).slice(0, MAX_PARENTS),
    kind: words.kind,
    content: encodeContent({ ...words, opening, ...(profile && { profile }) })
  }
}

/** On the first entry, on one a day, and when the nickname changed, or the certificate. */
function isProfileDue(own: DeviceRecord | undefined, nick: DisplayName, time: HybridTime): boolean {
  if (own?.last === undefined || own.certificate === undefined) return true
  return dayOf(own.wroteAt) !== dayOf(time.ms) || own.nick !== nick
}
