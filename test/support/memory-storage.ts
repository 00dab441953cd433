import { orderKeyOf, type Entry, type EntryStore, type RecordStore, type Storage } from '../../src/core/log/index.ts'

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
  /** Order keys, ascending. */
  const order: string[] = []
  const byOrder = new Map<string, Entry>()
  return {
    records,
    has: async id => entries.has(id),
    get: async id => entries.get(id),
    async newest(limit, before = '~') {
      const end = placeOf(order, before)
      const keys = order.slice(Math.max(0, end - limit), end).reverse()
      return keys.flatMap(key => byOrder.get(key) ?? [])
    },
    async commit({ entries: added = [], records: changes = [] }) {
      for (const entry of added) {
        const key = orderKeyOf(entry)
        if (!entries.has(entry.id)) order.splice(placeOf(order, key), 0, key)
        entries.set(entry.id, entry)
        byOrder.set(key, entry)
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
