import { decodeUtf8, encodeUtf8, expectValue } from '../../bytes/index.ts'
import type { OpenedBody } from '../../encryption/index.ts'
import type { EntryId, EntryStore, RecordChange } from '../../log/index.ts'

/** Which entry stands at a sequence of a device: tells whether a device used a sequence twice, and for what. */
export class SequenceIndex {
  readonly #store: EntryStore
  readonly #added = new Map<string, EntryId>()

  constructor(store: EntryStore) {
    this.#store = store
  }

  /** The entry that has this place already; the first one to come has it. */
  async find(place: Place): Promise<EntryId | undefined> {
    const name = sequenceName(place)
    const added = this.#added.get(name)
    if (added !== undefined) return added
    const stored = await this.#store.records.get(name)
    return stored && (expectValue(decodeUtf8(stored)) as EntryId)
  }

  add(place: Place, id: EntryId): void {
    this.#added.set(sequenceName(place), id)
  }

  /** What was added, to be stored. */
  changes(): RecordChange[] {
    return [...this.#added].map(([name, id]) => ({ name, value: encodeUtf8(id) }))
  }
}

export type Place = Pick<OpenedBody, 'device' | 'sequence'>

export function sequenceName({ device, sequence }: Place): string {
  return `sequence/${device}/${sequence}`
}
