import { createEntry, type Entry, type EntryClass } from '../../src/core/log/index.ts'
import { seededRandom } from '../support/seeded-random.ts'

/** An entry with this clock; what is sealed in it, and so its id, follows from the seed. */
export function entryAt(ms: number, seed: number, entryClass: EntryClass = 'chat'): Entry {
  const random = seededRandom(seed)
  const start = {
    class: entryClass,
    epoch: random(16),
    clock: { ms, counter: 0 },
    extensions: [],
    salt: random(16)
  } as const
  return createEntry(start, random(512))
}
