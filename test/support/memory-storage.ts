import { orderKeyOf, type Entry, type EntryStore, type RecordStore, type Storage } from '../../src/core/log/index.ts'
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
    list: async prefix => [...values].filter(([name]) => name.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1)),
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
  const entries = new Map<string, Entry>()
  const byOrder = new Map<string, Entry>()
  /** Order keys, ascending: of all entries, and of those that are shown. */
  const order: string[] = []
  const shownOrder: string[] = []
  let current: MemorySet | undefined
  const set = (): MemorySet => {
    current ??= new MemorySet([...entries.values()].map(({ id, header }) => ({ ms: header.clock.ms, id })))
    return current
  }
  const below = (keys: readonly string[], limit: number, before: string): Entry[] => {
    const end = placeOf(keys, before)
    return keys
      .slice(Math.max(0, end - limit), end)
      .reverse()
      .flatMap(key => byOrder.get(key) ?? [])
  }
  return {
    records,
    has: async id => entries.has(id),
    get: async id => entries.get(id),
    newest: async (limit, before = '~') => below(order, limit, before),
    newestShown: async (limit, before = '~') => below(shownOrder, limit, before),
    set: {
      sum: (lower, upper) => set().sum(lower, upper),
      items: (lower, upper, limit) => set().items(lower, upper, limit),
      at: (lower, upper, place) => set().at(lower, upper, place)
    },
    async commit({ entries: added = [], shown = [], records: changes = [] }) {
      for (const entry of added) {
        if (entries.has(entry.id)) continue
        const key = orderKeyOf(entry)
        entries.set(entry.id, entry)
        byOrder.set(key, entry)
        order.splice(placeOf(order, key), 0, key)
        if (shown.includes(entry.id)) shownOrder.splice(placeOf(shownOrder, key), 0, key)
        current = undefined
      }
      await records.write(changes)
    }
  }
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
