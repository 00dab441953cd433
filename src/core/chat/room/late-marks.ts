import { decodeUtf8, encodeUtf8, expectValue, type Millis } from '../../bytes/index.ts'
import { orderKeyOf, type Entry, type EntryId, type RecordChange } from '../../log/index.ts'

/** An entry on its way for longer than this came late, if somebody was there to see it come. */
const LATE_AFTER: Millis = 10 * 60_000
/** Marks kept, the latest given: a mark matters while its message is news, and all are written whenever one is given. */
const MAX_MARKS = 64
export const LATE_RECORD = 'late'

/** Since when this device has been with others in the room, and what its user had read by then. */
export interface Attendance {
  /** When this device entered the room for the first time. */
  readonly joinedAt: Millis
  /** When it last came to be with others; `Infinity` while it never was. */
  readonly since: Millis
  /** Order key up to which everything had been read by then. */
  readonly readBefore: string
}

/**
 * Whether an entry that comes now turns up where nobody looks any more: it is old, and was either written while this
 * device was there to receive it, or belongs among what was read earlier. What fills in the time before this device came,
 * or in which it was away, is history and not late.
 */
export function isLate(entry: Pick<Entry, 'id' | 'header'>, now: Millis, attendance: Attendance): boolean {
  const { ms } = entry.header.clock
  if (ms >= now - LATE_AFTER || ms < attendance.joinedAt) return false
  return ms >= attendance.since || orderKeyOf(entry) <= attendance.readBefore
}

/** The marks, those given last at the end. */
export function withLateMarks(marks: ReadonlySet<EntryId>, late: readonly EntryId[]): ReadonlySet<EntryId> {
  return late.length === 0 ? marks : new Set([...marks, ...late].slice(-MAX_MARKS))
}

export function lateRecord(marks: ReadonlySet<EntryId>): RecordChange {
  return { name: LATE_RECORD, value: encodeUtf8(JSON.stringify([...marks])) }
}

/** The input comes from this peer's own store. */
export function decodeLateMarks(bytes: Uint8Array): ReadonlySet<EntryId> {
  return new Set(JSON.parse(expectValue(decodeUtf8(bytes))) as EntryId[])
}
