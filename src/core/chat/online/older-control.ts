import { CappedMap } from '../../bytes/index.ts'
import { HIGHEST, LOWEST, MemorySet, type EntryId, type StoredEntry, type SyncItem } from '../../log/index.ts'
import type { Room } from '../room/room.ts'
import type { MeetingSecrets, SecretName } from './meeting-secrets.ts'

export interface OlderControlDeps {
  readonly room: Room
  readonly secrets: MeetingSecrets
  /** Of the generation that a control entry is sealed under; undefined when that is not known here. */
  readonly generationOf: (entry: StoredEntry) => SecretName | undefined
}

/** Control entries of a room are not many more; of those beyond, the newest count. */
const MAX_ITEMS = 16_384
/** Entries read at a time to find out what they are sealed under. */
const READ_ENTRIES = 64

/** Which control entries can be opened by those who know no newer generation than an older one. */
export class OlderControl {
  readonly #deps: OlderControlDeps
  /** What entries are sealed under never changes. */
  readonly #generations = new CappedMap<EntryId, SecretName>(MAX_ITEMS)

  constructor(deps: OlderControlDeps) {
    this.#deps = deps
  }

  /** Those sealed under the generation whose secret is of this age, or under older ones. */
  async knownAt(age: number): Promise<MemorySet> {
    const { room, secrets } = this.#deps
    const control = room.synced.find(each => each.class === 'control')
    if (control === undefined) return new MemorySet([])
    const { count } = await control.set.sum(LOWEST, HIGHEST)
    const first = await control.set.at(LOWEST, HIGHEST, Math.max(0, count - MAX_ITEMS))
    if (first === undefined) return new MemorySet([])
    const items = await control.set.items({ ms: first.ms, prefix: first.id }, HIGHEST, MAX_ITEMS)
    await this.#readGenerations(items)
    return new MemorySet(
      items.filter(({ id }) => {
        const generation = this.#generations.get(id)
        return generation !== undefined && secrets.ageOf(generation) >= age
      })
    )
  }

  async #readGenerations(items: readonly SyncItem[]): Promise<void> {
    const { room, generationOf } = this.#deps
    const unread = items.map(({ id }) => id).filter(id => !this.#generations.has(id))
    for (let start = 0; start < unread.length; start += READ_ENTRIES) {
      for (const entry of await room.load(unread.slice(start, start + READ_ENTRIES))) {
        const generation = generationOf(entry)
        if (generation !== undefined) this.#generations.set(entry.id, generation)
      }
    }
  }
}
