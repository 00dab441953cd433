import {
  createEntry,
  type Entry,
  type EntryClass,
  type EntryId,
  LOWEST,
  type SyncBound,
  type SyncLog,
  type SyncedClass
} from '../../../src/core/log/index.ts'
import { encodeUtf8 } from '../../../src/core/bytes/index.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { MemorySet } from './memory-set.ts'

const random = seededRandom(3)

/** A log in memory that notes in which order it took what. */
export class TestLog implements SyncLog {
  from: SyncBound = LOWEST
  kinds: readonly EntryClass[] = ['control', 'chat']
  readonly taken: Entry[] = []
  readonly companions: Uint8Array[] = []
  readonly #entries = new Map<EntryId, Entry>()

  constructor(entries: readonly Entry[]) {
    for (const entry of entries) this.#entries.set(entry.id, entry)
  }

  get classes(): SyncedClass[] {
    return this.kinds.map(kind => {
      const entries = [...this.#entries.values()].filter(({ header }) => header.class === kind)
      return {
        class: kind,
        from: this.from,
        set: new MemorySet(entries.map(({ id, header }) => ({ id, ms: header.clock.ms })))
      }
    })
  }

  ids(): EntryId[] {
    return [...this.#entries.keys()].toSorted()
  }

  async load(ids: readonly EntryId[]): Promise<Entry[]> {
    return ids.map(id => this.#entries.get(id)).filter(entry => entry !== undefined)
  }

  async lacking(ids: readonly EntryId[]): Promise<EntryId[]> {
    return ids.filter(id => !this.#entries.has(id))
  }

  async take(entries: readonly Entry[]): Promise<number> {
    const before = this.#entries.size
    for (const entry of entries) this.#entries.set(entry.id, entry)
    this.taken.push(...entries)
    return this.#entries.size - before
  }

  async companionsOf(entries: readonly Entry[]): Promise<Uint8Array[]> {
    return [encodeUtf8(`about ${entries.length}`)]
  }

  async takeCompanion(bytes: Uint8Array): Promise<void> {
    this.companions.push(bytes)
  }
}

/** Entries at `ms`, `ms + 1` and so on. */
export function makeEntries(count: number, ms: number, kind: EntryClass = 'chat', size = 512): Entry[] {
  const body = random(size)
  return Array.from({ length: count }, (_, index) =>
    createEntry(
      {
        class: kind,
        epoch: new Uint8Array(16),
        clock: { ms: ms + index, counter: 0 },
        extensions: [],
        salt: random(16)
      },
      body
    )
  )
}
