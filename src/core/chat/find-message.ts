import { UsageError } from '../bytes/index.ts'
import type { EntryId, EntryStore } from '../log/index.ts'

/** The message of this id, or of one that begins so. @throws UsageError when that names none, or more than one */
export async function findMessage(store: EntryStore, reference: string): Promise<EntryId> {
  if (!/^[0-9a-f]{8,64}$/.test(reference)) {
    throw new UsageError('a message is named by its id, or by the first 8 characters of it or more')
  }
  const [id, another] = await store.idsFrom(reference, 2)
  if (id === undefined) throw new UsageError('there is no such message here')
  if (another !== undefined) throw new UsageError(`more than one message starts with ${reference}: give more of its id`)
  return id
}
