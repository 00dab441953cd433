import { reopenEntry, type RoomKeys } from '../../encryption/index.ts'
import type { MemberId } from '../../identity/index.ts'
import {
  isWhole,
  orderKeyOf,
  type Entry,
  type EntryId,
  type EntryStore,
  type RecordChange,
  type StoredEntry
} from '../../log/index.ts'
import { Amendments, type Claim } from './amendments.ts'
import { isAuthorOf } from './authorship.ts'
import { DELETION_KIND, decodeContent, EDIT_KIND, MESSAGE_KIND } from './content.ts'
import type { DeviceBook } from './device-book.ts'
import { withLess } from './devices.ts'
import type { GenuineEntry } from './judge-entry.ts'
import { AS_WRITTEN, decodeNote, deletedNote, editedNote } from './shown-note.ts'

export interface AmendingDeps {
  readonly store: EntryStore
  readonly keys: RoomKeys
  readonly book: () => DeviceBook
  /** The entries that are stored together, by now. */
  readonly batch: ReadonlyMap<EntryId, GenuineEntry>
}

/** What an edit or a deletion is about, as far as it is here. */
interface Target {
  readonly member: MemberId | undefined
  readonly kind: number
  /** What it is an edit of. */
  readonly edits: EntryId | undefined
}

/**
 * Edits and deletions among entries that are stored together: what they do to each other and to what is here.
 *
 * 1. Only what a member wrote itself, with whichever of its devices, is edited or erased by it.
 * 2. Which came first makes no difference. Of several edits the highest in room order shows that is not erased.
 * 3. A deletion is final, and itself is never erased: it accounts for what it erased.
 */
export class Amending {
  /** Of the entries in the batch those whose bodies are not stored. */
  readonly bodiless = new Set<EntryId>()
  /** Entries in the store whose bodies go. */
  readonly erased = new Set<EntryId>()
  /** How messages are shown from now on. */
  readonly notes = new Map<EntryId, Uint8Array>()
  /** Entries of which something new is claimed. */
  readonly claimed = new Set<EntryId>()
  /** Messages that were edited or deleted. */
  readonly changed = new Set<EntryId>()
  readonly #deps: AmendingDeps
  readonly #amendments: Amendments

  constructor(deps: AmendingDeps) {
    this.#deps = deps
    this.#amendments = new Amendments(deps.store)
  }

  async take({ entry, content }: GenuineEntry, member: MemberId): Promise<void> {
    if (content?.kind === MESSAGE_KIND) await this.#place(entry, member)
    else if (content?.kind === EDIT_KIND) await this.#edit(content.target, entry, member)
    else if (content?.kind === DELETION_KIND) {
      for (const { id, ...target } of content.targets) await this.#claim(id, { ...target, member, deletion: entry.id })
    }
  }

  /** Noted unless what it is about is here, and commits to something else, or the device that it names is another member's. */
  async #claim(target: EntryId, claim: Claim): Promise<void> {
    if ((this.#deps.book().get(claim.device)?.member ?? claim.member) !== claim.member) return
    const entry = await this.#entry(target)
    if (entry !== undefined && !isAuthorOf({ ...claim, id: target }, entry)) return
    this.claimed.add(target)
    await this.#amendments.addClaim(target, claim)
    if (entry !== undefined) await this.#erase(target, claim.member)
  }

  claims(target: EntryId): Promise<Claim[]> {
    return this.#amendments.claims(target)
  }

  showDeleted(message: EntryId, author: MemberId): void {
    this.notes.set(message, deletedNote(author))
    this.changed.add(message)
  }

  records(): RecordChange[] {
    return this.#amendments.changes()
  }

  /** A message has come; what was said of it before counts now. */
  async #place(entry: Entry, member: MemberId): Promise<void> {
    this.notes.set(entry.id, AS_WRITTEN)
    const shown = (await this.#amendments.edits(entry.id, member)).at(-1)
    if (shown !== undefined) this.#show(entry.id, shown.id)
    if (await this.#isClaimed(entry, member)) await this.#erase(entry.id, member)
  }

  async #edit(target: EntryId, edit: Entry, member: MemberId): Promise<void> {
    if (await this.#isClaimed(edit, member)) return this.#erase(edit.id, member)
    const edits = await this.#amendments.addEdit(target, member, { id: edit.id, order: orderKeyOf(edit) })
    if (await this.#isShown(target, member)) this.#show(target, edits.at(-1)?.id)
  }

  /** Whether the member has said that it is to be erased, as its header bears out. */
  async #isClaimed(entry: Entry, member: MemberId): Promise<boolean> {
    const claims = await this.#amendments.claims(entry.id)
    return claims.some(claim => claim.member === member && isAuthorOf({ ...claim, id: entry.id }, entry))
  }

  /** An edit is erased, and its message perhaps is not: the next one counts. */
  async #withdraw(edit: EntryId, message: EntryId, member: MemberId): Promise<void> {
    const before = (await this.#amendments.edits(message, member)).at(-1)
    const shown = (await this.#amendments.removeEdit(message, member, edit)).at(-1)
    if (shown?.id !== before?.id && (await this.#isShown(message, member))) this.#show(message, shown?.id)
  }

  async #isShown(message: EntryId, member: MemberId): Promise<boolean> {
    const found = await this.#find(message)
    return found?.member === member && found.kind === MESSAGE_KIND && !(await this.#isDeleted(message))
  }

  #show(message: EntryId, edit: EntryId | undefined): void {
    this.notes.set(message, edit === undefined ? AS_WRITTEN : editedNote(edit))
    this.changed.add(message)
  }

  async #entry(id: EntryId): Promise<StoredEntry | undefined> {
    return this.#deps.batch.get(id)?.entry ?? (await this.#deps.store.get(id))
  }

  async #isDeleted(id: EntryId): Promise<boolean> {
    const note = this.notes.get(id) ?? (await this.#deps.store.noteOf(id))
    return note === undefined || decodeNote(note).kind === 'deleted'
  }

  /** Erases the body if it is here and the member's own. */
  async #erase(id: EntryId, member: MemberId): Promise<void> {
    const found = await this.#find(id)
    if (found?.member !== member || found.kind === DELETION_KIND) return
    if (this.#deps.batch.has(id)) this.bodiless.add(id)
    else this.erased.add(id)
    await this.#giveBack(id)
    if (found.kind === MESSAGE_KIND) this.showDeleted(id, member)
    if (found.edits !== undefined) await this.#withdraw(id, found.edits, member)
  }

  async #giveBack(id: EntryId): Promise<void> {
    const entry = await this.#entry(id)
    const device = entry && isWhole(entry) ? this.#authorOf(id, entry)?.device : undefined
    const record = device && this.#deps.book().get(device)
    if (entry !== undefined && record) this.#deps.book().set(withLess(record, entry.header.bodyLength))
  }

  /** Undefined: it is not here, or what is left of it does not tell. */
  async #find(id: EntryId): Promise<Target | undefined> {
    const stored = this.#deps.batch.has(id) ? undefined : await this.#deps.store.get(id)
    const body = this.#authorOf(id, stored)
    if (body === undefined) return undefined
    const decoded = decodeContent(body.kind, body.content)
    const content = decoded.ok ? decoded.value : undefined
    const edits = content?.kind === EDIT_KIND ? content.target : undefined
    return { member: this.#deps.book().get(body.device)?.member, kind: content?.kind ?? 0, edits }
  }

  #authorOf(id: EntryId, stored: Awaited<ReturnType<EntryStore['get']>>) {
    const inBatch = this.#deps.batch.get(id)
    if (inBatch !== undefined) return inBatch.body
    if (stored === undefined || !isWhole(stored)) return undefined
    const contentKey = this.#deps.keys.epochs.contentKey(stored.header.class, stored.header.epoch)
    return contentKey && reopenEntry(contentKey, stored)
  }
}
