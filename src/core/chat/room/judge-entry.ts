import { type Millis } from '../../bytes/index.ts'
import { openEntry, type OpenedBody, type RoomKeys } from '../../encryption/index.ts'
import { isAhead, type Entry } from '../../log/index.ts'
import { decodeContent, type Content } from './content.ts'

/** An entry that opened and whose author signed it. */
export interface GenuineEntry {
  readonly entry: Entry
  readonly body: OpenedBody
  /** Undefined when this version cannot read it: such an entry is kept and shown as nothing. */
  readonly content: Content | undefined
}

/**
 * `ahead`: its clock has not come yet. `unknown-epoch`: the keys may come later. `void`: it opens for nobody, or its
 * author did not sign it, and never will have.
 */
export type Refusal = 'ahead' | 'unknown-epoch' | 'void'

/** What an entry is worth, from itself and the room's keys alone; cheap checks first. */
export async function judgeEntry(keys: RoomKeys, entry: Entry, now: Millis): Promise<GenuineEntry | Refusal> {
  if (isAhead(entry.header.clock, now)) return 'ahead'
  const contentKey = keys.epochs.contentKey(entry.header.class, entry.header.epoch)
  if (contentKey === undefined) return 'unknown-epoch'
  const opened = await openEntry({ roomId: keys.roomId, contentKey }, entry)
  if (!opened.ok) return 'void'
  const content = decodeContent(opened.value.kind, opened.value.content)
  return { entry, body: opened.value, content: content.ok ? content.value : undefined }
}
