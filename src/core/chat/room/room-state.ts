import { decodeUtf8, encodeUtf8, expectValue } from '../../bytes/index.ts'
import type { DeviceId } from '../../identity/index.ts'
import type { EntryId, EntryStore, HybridTime, RecordChange } from '../../log/index.ts'
import { Deliveries } from './deliveries.ts'
import { DeviceBook, type Self } from './device-book.ts'
import { EMPTY_HISTORY, type History } from './history.ts'

/** What is derived from a room's entries, and stored with them in the same write. */
export interface RoomState {
  readonly book: DeviceBook
  readonly deliveries: Deliveries
  history: History
  /** Order key up to which everything was read. */
  readUpTo: string
}

const HISTORY_RECORD = 'history'
const READ_RECORD = 'read'

interface StoredHistory {
  readonly heads: [EntryId, HybridTime][]
  readonly missing: [EntryId, DeviceId][]
  readonly unheld: [EntryId, DeviceId][]
}

export async function loadRoomState(store: EntryStore, self: Self): Promise<RoomState> {
  const [book, deliveries, history, read] = await Promise.all([
    DeviceBook.load(store, self),
    Deliveries.load(store),
    store.records.get(HISTORY_RECORD),
    store.records.get(READ_RECORD)
  ])
  return {
    book,
    deliveries,
    history: history === undefined ? EMPTY_HISTORY : decodeHistory(history),
    readUpTo: read === undefined ? '' : expectValue(decodeUtf8(read))
  }
}

export function historyRecord({ heads, missing, unheld }: History): RecordChange {
  const stored: StoredHistory = { heads: [...heads], missing: [...missing], unheld: [...unheld] }
  return { name: HISTORY_RECORD, value: encodeUtf8(JSON.stringify(stored)) }
}

export function readRecord(order: string): RecordChange {
  return { name: READ_RECORD, value: encodeUtf8(order) }
}

/** The input comes from this peer's own store. */
function decodeHistory(bytes: Uint8Array): History {
  const stored = JSON.parse(expectValue(decodeUtf8(bytes))) as StoredHistory
  return { heads: new Map(stored.heads), missing: new Map(stored.missing), unheld: new Map(stored.unheld) }
}
