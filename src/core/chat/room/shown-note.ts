import { decodeUtf8, encodeUtf8, expectValue } from '../../bytes/index.ts'
import type { MemberId } from '../../identity/index.ts'
import type { EntryId } from '../../log/index.ts'

/**
 * How a message is shown: as it was written, as an edit says, or as deleted by whoever wrote it. Not at all when it was erased
 * and its header says that it was no message. Kept with the entry.
 */
export type ShownNote =
  | { readonly kind: 'as written' }
  | { readonly kind: 'edited'; readonly by: EntryId }
  | { readonly kind: 'deleted'; readonly author: MemberId }
  | { readonly kind: 'hidden' }

export const AS_WRITTEN = new Uint8Array()
export const HIDDEN = encodeUtf8('h')

export function editedNote(by: EntryId): Uint8Array {
  return encodeUtf8(`e${by}`)
}

export function deletedNote(author: MemberId): Uint8Array {
  return encodeUtf8(`d${author}`)
}

/** The input comes from this peer's own store. */
export function decodeNote(note: Uint8Array): ShownNote {
  const text = expectValue(decodeUtf8(note))
  if (text.startsWith('e')) return { kind: 'edited', by: text.slice(1) as EntryId }
  if (text.startsWith('d')) return { kind: 'deleted', author: text.slice(1) as MemberId }
  return { kind: text === 'h' ? 'hidden' : 'as written' }
}
