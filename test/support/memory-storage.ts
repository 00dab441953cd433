import {
  eraseBody,
  orderKeyOf,
  type EntryClass,
  type EntryId,
  type EntryStore,
  type RecordStore,
  type Storage,
  type StoredEntry,
  type SyncSet
} from '../../src/core/log/index.ts'
import { MemorySet } from '../log/sync/memory-set.ts'

/** Storage in memory, which keeps to the same rules as the real one: it passes the same suite. */
export function memoryStorage(): Storage {
  const rooms = new Map<string, EntryStore>()
  return {
    records: memoryRecords(),
    room(id) {
      const store = rooms.get(id) ?? memoryEntries()
      rooms.set(id, store)
      return store
    },
    async forget(id) {
      rooms.delete(id)
    },
    close: async () => undefined
  }
}

function memoryRecords(): RecordStore {
  const values = new Map<string, Uint8Array>()
  return {
    get: async name => values.get(name),
    getMany: async names => names.map(name => values.get(name)),
    async list(prefix, last = Infinity) {
      const found = [...values].filter(([name]) => name.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1))
      return found.slice(Math.max(0, found.length - last))
    },
    async write(changes) {
      for (const { name, value } of changes) {
        if (value === undefined) values.delete(name)
        else values.set(name, value)
      }
    }
  }
}

function memoryEntries(): EntryStore {
  const records = memoryRecords()
  const entries = new Map<string, StoredEntry>()
  const notes = new Map<string, Uint8Array>()
  const byOrder = new Map<string, EntryId>()
  /** Order keys, ascending: of all entries, and of those that are shown. */
  const order: string[] = []
  const shownOrder: string[] = []
  const current = new Map<EntryClass, MemorySet>()
  const setOf = (entryClass: EntryClass): SyncSet => {
    const set = (): MemorySet => {
      const ofClass = [...entries.values()].filter(({ header }) => header.class === entryClass)
      const known = current.get(entryClass)
      const made = known ?? new MemorySet(ofClass.map(({ id, header }) => ({ ms: header.clock.ms, id })))
      current.set(entryClass, made)
      return made
    }
    return {
      sum: (lower, upper) => set().sum(lower, upper),
      items: (lower, upper, limit) => set().items(lower, upper, limit),
      at: (lower, upper, place) => set().at(lower, upper, place)
    }
  }
  const entryAt = (key: string): StoredEntry[] => {
    const entry = entries.get(byOrder.get(key) ?? '')
    return entry === undefined ? [] : [entry]
  }
  const below = (keys: readonly string[], limit: number, before: string): StoredEntry[] => {
    const end = placeOf(keys, before)
    return keys
      .slice(Math.max(0, end - limit), end)
      .reverse()
      .flatMap(entryAt)
  }
  const show = (id: EntryId, note: Uint8Array): void => {
    const entry = entries.get(id)
    if (entry === undefined) return
    if (!notes.has(id)) insert(shownOrder, orderKeyOf(entry))
    notes.set(id, note)
  }
  const add = (entry: StoredEntry): void => {
    if (entries.has(entry.id)) return
    const key = orderKeyOf(entry)
    entries.set(entry.id, entry)
    byOrder.set(key, entry.id)
    insert(order, key)
  }
  const drop = (id: EntryId): void => {
    const entry = entries.get(id)
    if (entry === undefined) return
    const key = orderKeyOf(entry)
    for (const keys of [order, shownOrder]) if (keys.includes(key)) keys.splice(placeOf(keys, key), 1)
    entries.delete(id)
    notes.delete(id)
  }
  return {
    records,
    has: async id => entries.has(id),
    get: async id => entries.get(id),
    load: async ids => ids.flatMap(id => entries.get(id) ?? []),
    lacking: async ids => ids.filter(id => !entries.has(id)),
    idsFrom: async (prefix, limit) =>
      [...entries.values()].flatMap(({ id }) => (id.startsWith(prefix) ? [id] : [])).slice(0, limit),
    newest: async (limit, before = '~') => below(order, limit, before),
    newestShown: async (limit, before = '~') =>
      below(shownOrder, limit, before).map(entry => ({ entry, note: notes.get(entry.id) ?? new Uint8Array() })),
    shownTime: async place => entryAt(shownOrder.at(-1 - place) ?? '')[0]?.header.clock.ms,
    noteOf: async id => notes.get(id),
    sets: { control: setOf('control'), chat: setOf('chat') },
    purge: async () => undefined,
    async commit({ entries: added = [], shown = new Map(), erased = [], dropped = [], records: changes = [] }) {
      for (const entry of added) add(entry)
      for (const [id, note] of shown) show(id, note)
      for (const id of erased) {
        const entry = entries.get(id)
        if (entry !== undefined) entries.set(id, eraseBody(entry))
      }
      for (const id of dropped) drop(id)
      current.clear()
      await records.write(changes)
    }
  }
}

function insert(keys: string[], key: string): void {
  keys.splice(placeOf(keys, key), 0, key)
}

/** Where the key stands, or would stand, in ascending keys. */
function placeOf(keys: readonly string[], key: string): number {
  let [low, high] = [0, keys.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((keys[middle] ?? '') < key) low = middle + 1
    else high = middle
  }
  return low
}
