import type { Millis } from '../../bytes/index.ts'
import { bodyKeyIn, reopenBody, type OpenedBody } from '../../encryption/index.ts'
import type { MemberId } from '../../identity/index.ts'
import { isWhole, orderKeyOf, type EntryId, type ShownEntry, type StoredEntry } from '../../log/index.ts'
import { decodeContent, EDIT_KIND, MESSAGE_KIND, type Content } from './content.ts'
import type { GenuineEntry } from './judge-entry.ts'
import type { RoomDeps } from './room-deps.ts'
import { decodeNote } from './shown-note.ts'
import type { StoredState } from './stored-state.ts'

/** A message as the room's log tells it. */
export interface RoomMessage {
  readonly id: EntryId
  readonly order: string
  readonly author: MemberId
  readonly time: number
  readonly text: string
  /** The sequences of the own entries that it takes to show it: the message, and its edit; none when it is another's. */
  readonly ownSequences: readonly number[]
  /** It came long after it was written, into a place where nobody looks any more. */
  readonly late: boolean
  /** When its author last changed it. */
  readonly edited: Millis | undefined
  /** Its author deleted it: there is no text any more. */
  readonly deleted: boolean
}

/** Unread messages are counted up to here: each is opened when its room is. */
export const MAX_UNREAD = 500

const KEY_BATCH = 256
/** Messages looked at before older ones are: in a room that is looked at hardly any are unread. */
const UNREAD_BATCH = 20

/** Reads a room's messages as they are shown: edits in the place of what they change, and what was deleted as such. */
export class ShownMessages {
  readonly #deps: RoomDeps
  readonly #stored: StoredState

  constructor(deps: RoomDeps, stored: StoredState) {
    this.#deps = deps
    this.#stored = stored
  }

  /** The newest `limit` messages below `before`, newest first. */
  async newest(limit: number, before?: EntryId): Promise<RoomMessage[]> {
    const found: RoomMessage[] = []
    const start = before === undefined ? undefined : await this.#deps.store.get(before)
    for (let order = start && orderKeyOf(start); found.length < limit;) {
      const shown = await this.#deps.store.newestShown(limit - found.length, order)
      found.push(...(await this.#readAll(shown)))
      const last = shown.at(-1)
      if (last === undefined) break
      order = orderKeyOf(last.entry)
    }
    return found
  }

  /** What opens the newest so many messages as they are shown, and nothing else: the key of each, and of its edit; newest first. */
  async bodyKeysOfNewest(count: number): Promise<ReadonlyMap<EntryId, Uint8Array>> {
    const keys = new Map<EntryId, Uint8Array>()
    let order: string | undefined
    for (let left = count; left > 0;) {
      const shown = await this.#deps.store.newestShown(Math.min(left, KEY_BATCH), order)
      for (const each of shown) if (await this.#addKeys(each, keys)) left -= 1
      const last = shown.at(-1)
      if (last === undefined) break
      order = orderKeyOf(last.entry)
    }
    return keys
  }

  /** Whether this is a message that these open. */
  async #addKeys({ entry, note }: ShownEntry, keys: Map<EntryId, Uint8Array>): Promise<boolean> {
    const as = decodeNote(note)
    const key = bodyKeyIn(this.#deps.keys.epochs, entry)
    if (key === undefined || as.kind === 'hidden' || as.kind === 'deleted') return false
    keys.set(entry.id, key)
    const edit = as.kind === 'edited' ? await this.#deps.store.get(as.by) : undefined
    const editKey = edit && bodyKeyIn(this.#deps.keys.epochs, edit)
    if (edit !== undefined && editKey !== undefined) keys.set(edit.id, editKey)
    return true
  }

  async message(id: EntryId): Promise<RoomMessage | undefined> {
    const [entry, note] = await Promise.all([this.#deps.store.get(id), this.#deps.store.noteOf(id)])
    return entry === undefined || note === undefined ? undefined : this.#read({ entry, note })
  }

  /** Others' messages above what was read, at most `MAX_UNREAD`. */
  async countUnread(): Promise<number> {
    const { member } = this.#deps.identity.certificate
    let count = 0
    let order: string | undefined
    for (let looked = 0; looked < MAX_UNREAD; looked += UNREAD_BATCH) {
      const newest = await this.#deps.store.newestShown(UNREAD_BATCH, order)
      const unread = newest.filter(({ entry }) => orderKeyOf(entry) > this.#stored.current.readUpTo)
      const messages = await this.#readAll(unread)
      count += messages.filter(({ deleted, author }) => !deleted && author !== member).length
      const last = unread.at(-1)
      if (unread.length < UNREAD_BATCH || last === undefined) break
      order = orderKeyOf(last.entry)
    }
    return count
  }

  /** A message as it was written. */
  messageOf({ entry, body, content }: GenuineEntry): RoomMessage | undefined {
    const author = this.#stored.current.book.get(body.device)
    if (author === undefined || content?.kind !== MESSAGE_KIND) return undefined
    return {
      id: entry.id,
      order: orderKeyOf(entry),
      author: author.member,
      time: entry.header.clock.ms,
      text: content.text,
      ownSequences: this.#ownSequences(body),
      late: this.#stored.current.late.has(entry.id),
      edited: undefined,
      deleted: false
    }
  }

  #ownSequences({ device, sequence }: OpenedBody): number[] {
    return device === this.#deps.identity.certificate.device ? [sequence] : []
  }

  async #readAll(shown: readonly ShownEntry[]): Promise<RoomMessage[]> {
    const messages = await Promise.all(shown.map(each => this.#read(each)))
    return messages.filter(message => message !== undefined)
  }

  async #read({ entry, note }: ShownEntry): Promise<RoomMessage | undefined> {
    const as = decodeNote(note)
    if (as.kind === 'hidden') return undefined
    if (as.kind === 'deleted') return deletedMessage(entry, as.author)
    const opened = this.#open(entry)
    const written = opened && isWhole(entry) ? this.messageOf({ entry, ...opened }) : undefined
    if (as.kind === 'as written' || written === undefined) return written
    const edit = await this.#deps.store.get(as.by)
    const said = edit && this.#open(edit)
    if (edit === undefined || said?.content?.kind !== EDIT_KIND) return written
    const ownSequences = [...written.ownSequences, ...this.#ownSequences(said.body)]
    return { ...written, text: said.content.text, edited: edit.header.clock.ms, ownSequences }
  }

  #open(entry: StoredEntry): { readonly body: OpenedBody; readonly content: Content | undefined } | undefined {
    const key = bodyKeyIn(this.#deps.keys.epochs, entry)
    if (key === undefined || !isWhole(entry)) return undefined
    const body = reopenBody(key, entry)
    const content = decodeContent(body.kind, body.content)
    return { body, content: content.ok ? content.value : undefined }
  }
}

function deletedMessage(entry: StoredEntry, author: MemberId): RoomMessage {
  const { id, header } = entry
  const told = { id, order: orderKeyOf(entry), author, time: header.clock.ms, text: '' }
  return { ...told, ownSequences: [], late: false, edited: undefined, deleted: true }
}
