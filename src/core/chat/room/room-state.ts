import { decodeUtf8, encodeUtf8, expectValue, type Millis } from '../../bytes/index.ts'
import type { DeviceId } from '../../identity/index.ts'
import type { EntryId, HybridTime, RecordChange } from '../../log/index.ts'
import { ControlLog } from './control-log.ts'
import { Deliveries } from './deliveries.ts'
import { DeviceBook } from './device-book.ts'
import { EMPTY_HISTORY, type Gaps, type History } from './history.ts'
import { decodeLateMarks, LATE_RECORD } from './late-marks.ts'
import type { RoomDeps } from './room-deps.ts'

/** What is derived from a room's entries, and stored with them in the same write. */
export interface RoomState {
  readonly book: DeviceBook
  readonly deliveries: Deliveries
  history: History
  /** What the store has of it; undefined: nothing, or in an older layout. */
  storedHistory: History | undefined
  /** Order key up to which everything was read. */
  readUpTo: string
  /** When this device entered the room for the first time. */
  readonly joinedAt: Millis
  /** Entries that are marked as arrived late. */
  late: ReadonlySet<EntryId>
  /** Who may do what, in a private room. */
  readonly control: ControlLog | undefined
}

const HEADS_RECORD = 'heads'
const GAP_PREFIX = 'gap/'
/** Heads and gaps in one, of older layouts: whoever cited much that is nowhere made each write large. */
const OLD_HISTORY_RECORD = 'history'
const READ_RECORD = 'read'
const JOINED_RECORD = 'joined'

interface OldHistory {
  readonly heads: [EntryId, HybridTime][]
  readonly missing: [EntryId, DeviceId][]
  readonly unheld: [EntryId, DeviceId][]
}

interface StoredGap {
  readonly author: DeviceId
  readonly isUnheld: boolean
}

export async function loadRoomState(deps: RoomDeps): Promise<RoomState> {
  const { store, identity, nick, clock, control: ofPrivate } = deps
  const { member, device } = identity.certificate
  const [book, deliveries, gaps, [heads, oldHistory, read, joined, late], control] = await Promise.all([
    DeviceBook.load(store, { member, device, nick }),
    Deliveries.load(store, device),
    store.records.list(GAP_PREFIX),
    // In one read: each is small, and a read of its own would cost as much as all.
    store.records.getMany([HEADS_RECORD, OLD_HISTORY_RECORD, READ_RECORD, JOINED_RECORD, LATE_RECORD]),
    ofPrivate && ControlLog.load(deps, ofPrivate)
  ])
  const history = decodeHistory(heads, gaps, oldHistory)
  return {
    book,
    deliveries,
    history: history.current,
    storedHistory: history.stored,
    readUpTo: read === undefined ? '' : expectValue(decodeUtf8(read)),
    joinedAt: joined === undefined ? clock.now() : Number(expectValue(decodeUtf8(joined))),
    late: late === undefined ? new Set() : decodeLateMarks(late),
    control
  }
}

/** What to store of a history where `before` is stored; undefined: nothing is, or in an older layout. */
export function historyChanges(before: History | undefined, after: History): RecordChange[] {
  const changes: RecordChange[] = []
  if (before?.heads !== after.heads) changes.push({ name: HEADS_RECORD, value: encode([...after.heads]) })
  if (before === undefined) changes.push({ name: OLD_HISTORY_RECORD, value: undefined })
  const [gapsBefore, gaps] = [gapsOf(before ?? EMPTY_HISTORY), gapsOf(after)]
  for (const [id, gap] of gaps) {
    if (gapsBefore.get(id)?.isUnheld !== gap.isUnheld) changes.push({ name: GAP_PREFIX + id, value: encode(gap) })
  }
  for (const id of gapsBefore.keys()) if (!gaps.has(id)) changes.push({ name: GAP_PREFIX + id, value: undefined })
  return changes
}

function gapsOf({ missing, unheld }: History): Map<EntryId, StoredGap> {
  const gaps = new Map<EntryId, StoredGap>()
  for (const [id, author] of missing) gaps.set(id, { author, isUnheld: false })
  for (const [id, author] of unheld) gaps.set(id, { author, isUnheld: true })
  return gaps
}

function decodeHistory(
  heads: Uint8Array | undefined,
  rows: readonly [name: string, value: Uint8Array][],
  old: Uint8Array | undefined
): { current: History; stored: History | undefined } {
  if (old !== undefined) {
    const { heads: ofOld, missing, unheld } = decode(old) as OldHistory
    const current = { heads: new Map(ofOld), missing: new Map(missing), unheld: new Map(unheld) }
    return { current, stored: undefined }
  }
  const gaps = rows.map(
    ([name, value]) => [name.slice(GAP_PREFIX.length) as EntryId, decode(value) as StoredGap] as const
  )
  const that = (areUnheld: boolean): Gaps =>
    new Map(gaps.flatMap(([id, { author, isUnheld }]) => (isUnheld === areUnheld ? [[id, author] as const] : [])))
  const current = {
    heads: new Map(heads === undefined ? [] : (decode(heads) as [EntryId, HybridTime][])),
    missing: that(false),
    unheld: that(true)
  }
  return { current, stored: current }
}

function encode(value: unknown): Uint8Array {
  return encodeUtf8(JSON.stringify(value))
}

/** The input comes from this peer's own store. */
function decode(bytes: Uint8Array): unknown {
  return JSON.parse(expectValue(decodeUtf8(bytes)))
}

/** Stored with what else is stored: a room in which nothing was stored has no past. */
export function joinedRecord({ joinedAt }: Pick<RoomState, 'joinedAt'>): RecordChange {
  return { name: JOINED_RECORD, value: encodeUtf8(String(joinedAt)) }
}

export function readRecord(order: string): RecordChange {
  return { name: READ_RECORD, value: encodeUtf8(order) }
}
