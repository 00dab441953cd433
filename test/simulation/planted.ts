import type { EntryId, EntryStore, Storage, StoredEntry } from '../../src/core/log/index.ts'
import type { Planted } from './simulate.ts'

/** Says that it is stored, and stores it later. */
export const EARLY_ACKNOWLEDGEMENT: Planted = { acknowledgedEarly: 10_000 }

/** Answers nobody with a quarter of all entries. */
export const DROPPED_RANGE: Planted = {
  wrap: (storage, isChecked) =>
    withRooms(storage, store => {
      const isShown = ({ id }: { id: EntryId }): boolean => isChecked() || !'048c'.includes(id.charAt(0))
      return {
        ...store,
        get: async id => (isShown({ id }) ? store.get(id) : undefined),
        load: async ids => (await store.load(ids)).filter(isShown),
        newest: async (limit, before) => (await store.newest(limit, before)).filter(isShown)
      }
    })
}

/** Sorts entries of one millisecond as they arrived. */
export const UNSTABLE_SORT: Planted = {
  wrap: storage =>
    withRooms(storage, store => {
      const arrival = new Map<EntryId, number>()
      const place = ({ id, header }: StoredEntry): [ms: number, arrived: number] => [
        header.clock.ms,
        arrival.get(id) ?? 0
      ]
      const compare = (a: StoredEntry, b: StoredEntry): number => {
        const [[msA, atA], [msB, atB]] = [place(a), place(b)]
        return msB - msA || atB - atA
      }
      return {
        ...store,
        async commit(change) {
          for (const { id } of change.entries ?? []) if (!arrival.has(id)) arrival.set(id, arrival.size)
          await store.commit(change)
        },
        newest: async (limit, before) => (await store.newest(limit, before)).toSorted(compare),
        newestShown: async (limit, before) =>
          (await store.newestShown(limit, before)).toSorted((a, b) => compare(a.entry, b.entry))
      }
    })
}

/** Takes an entry out of the set when its body is erased. */
export const DELETION_THAT_FORGETS: Planted = {
  wrap: storage =>
    withRooms(storage, store => ({
      ...store,
      commit: change => store.commit({ ...change, dropped: [...(change.dropped ?? []), ...(change.erased ?? [])] })
    }))
}

/** Marks what was deleted, and keeps its words. */
export const DELETION_THAT_KEEPS: Planted = {
  wrap: storage =>
    withRooms(storage, store => ({ ...store, commit: change => store.commit({ ...change, erased: [] }) }))
}

function withRooms(storage: Storage, wrap: (store: EntryStore) => EntryStore): Storage {
  const rooms = new Map<string, EntryStore>()
  return {
    ...storage,
    room(id) {
      const store = rooms.get(id) ?? wrap(storage.room(id))
      rooms.set(id, store)
      return store
    }
  }
}
