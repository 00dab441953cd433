import { decodeUtf8, encodeUtf8, expectValue, type Millis } from '../../bytes/index.ts'
import type { DeviceId } from '../../identity/index.ts'
import type { EntryId, HybridTime, RecordChange } from '../../log/index.ts'
import { Deliveries } from './deliveries.ts'
import { DeviceBook } from './device-book.ts'
import { EMPTY_HISTORY, type History } from './history.ts'
import { decodeLateMarks, LATE_RECORD } from './late-marks.ts'
import type { RoomDeps } from './room-deps.ts'

/** What is derived from a room's entries, and stored with them in the same write. */
export interface RoomState {
  readonly book: DeviceBook
  readonly deliveries: Deliveries
  history: History
  /** Order key up to which everything was read. */
  readUpTo: string
  /** When this device entered the room for the first time. */
  readonly joinedAt: Millis
  /** Entries that are marked as arrived late. */
  late: ReadonlySet<EntryId>
}

const HISTORY_RECORD = 'history'
const READ_RECORD = 'read'
const JOINED_RECORD = 'joined'

interface StoredHistory {
  readonly heads: [EntryId, HybridTime][]
  readonly missing: [EntryId, DeviceId][]
  readonly unheld: [EntryId, DeviceId][]
}

export async function loadRoomState({ store, identity, nick, clock }: RoomDeps): Promise<RoomState> {
  const { member, device } = identity.certificate
  const [book, deliveries, history, read, joined, late] = await Promise.all([
    DeviceBook.load(store, { member, device, nick }),
    Deliveries.load(store, device),
    store.records.get(HISTORY_RECORD),
    store.records.get(READ_RECORD),
    store.records.get(JOINED_RECORD),
    store.records.get(LATE_RECORD)
  ])
  return {
    book,
    deliveries,
    history: history === undefined ? EMPTY_HISTORY : decodeHistory(history),
    readUpTo: read === undefined ? '' : expectValue(decodeUtf8(read)),
    joinedAt: joined === undefined ? clock.now() : Number(expectValue(decodeUtf8(joined))),
    late: late === undefined ? new Set() : decodeLateMarks(late)
  }
}

export function historyRecord({ heads, missing, unheld }: History): RecordChange {
  const stored: StoredHistory = { heads: [...heads], missing: [...missing], unheld: [...unheld] }
  return { name: HISTORY_RECORD, value: encodeUtf8(JSON.stringify(stored)) }
}

/** Stored with what else is stored: a room in which nothing was stored has no past. */
export function joinedRecord({ joinedAt }: Pick<RoomState, 'joinedAt'>): RecordChange {
  return { name: JOINED_RECORD, value: encodeUtf8(String(joinedAt)) }
}

export function readRecord(order: string): RecordChange {
  return { name: READ_RECORD, value: encodeUtf8(order) }
}

/** The input comes from this peer's own store. */
function decodeHistory(bytes: Uint8Array): History {
  const stored = JSON.parse(expectValue(decodeUtf8(bytes))) as StoredHistory
  return { heads: new Map(stored.heads), missing: new Map(stored.missing), unheld: new Map(stored.unheld) }
}
