import { bodyKeyIn, openBody, type OpenedBody, type RoomKeys } from '../../encryption/index.ts'
import type { Entry, EntryId } from '../../log/index.ts'
import { decodeContent, type Content } from './content.ts'

/** An entry that opened and whose author signed it. */
export interface GenuineEntry {
  readonly entry: Entry
  readonly body: OpenedBody
  /** Undefined when this version cannot read it: such an entry is kept and shown as nothing. */
  readonly content: Content | undefined
}

/**
 * `unknown-epoch`: the keys may come later. `newer`: a later version can tell whether it is genuine. `void`: it opens for
 * nobody, or its author did not sign it, nor ever will have.
 */
export type Refusal = 'unknown-epoch' | 'newer' | 'void'

/** What an entry is worth, from itself and the room's keys alone. */
export async function judgeEntry(keys: RoomKeys, entry: Entry): Promise<GenuineEntry | Refusal> {
  const key = bodyKeyIn(keys.epochs, entry)
  if (key === undefined) return 'unknown-epoch'
  const opened = await openBody(keys.roomId, key, entry)
  // Whoever handed over the key of this body alone may have lied, which says nothing about the entry.
  if (!opened.ok)
    return keys.epochs.contentKey(entry.header.class, entry.header.epoch) === undefined ? 'unknown-epoch' : 'void'
  if (opened.value === 'newer') return 'newer'
  const content = decodeContent(opened.value.kind, opened.value.content)
  return { entry, body: opened.value, content: content.ok ? content.value : undefined }
}

/** All that the entry cites: its author's previous entry, then its parents. */
export function citedBy(body: OpenedBody): EntryId[] {
  return [...(body.previous === undefined ? [] : [body.previous]), ...body.parents]
}
