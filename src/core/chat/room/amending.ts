import { reopenEntry, type RoomKeys } from '../../encryption/index.ts'
import type { MemberId } from '../../identity/index.ts'
import {
  isWhole,
  orderKeyOf,
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
    if (content?.kind === MESSAGE_KIND) await this.#place(entry.id, member)
    else if (content?.kind === EDIT_KIND) await this.#edit(content.target, entry.id, orderKeyOf(entry), member)
    else if (content?.kind === DELETION_KIND) {
      for (const { id, ...target } of content.targets) {
        const claim = { ...target, member, deletion: entry.id }
        if (await this.#canBeTrue(claim, id)) await this.#claim(id, claim)
        await this.#erase(id, member)
      }
    }
  }

  /** Unless what it is about is here, and commits to something else, or the device that it names is another member's. */
  async #canBeTrue(claim: Claim, target: EntryId): Promise<boolean> {
    if ((this.#deps.book().get(claim.device)?.member ?? claim.member) !== claim.member) return false
    const entry = await this.#entry(target)
    return entry === undefined || isAuthorOf({ ...claim, id: target }, entry)
  }

  async #claim(target: EntryId, claim: Claim): Promise<void> {
    this.claimed.add(target)
    await this.#amendments.addClaim(target, claim)
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
  async #place(id: EntryId, member: MemberId): Promise<void> {
    this.notes.set(id, AS_WRITTEN)
    const edits = await this.#amendments.edits(id, member)
    if (edits !== undefined) this.#show(id, edits.shown)
    if ((await this.#amendments.claim(id, member)) !== undefined) await this.#erase(id, member)
  }

  async #edit(target: EntryId, id: EntryId, order: string, member: MemberId): Promise<void> {
    if ((await this.#amendments.claim(id, member)) !== undefined) return void this.bodiless.add(id)
    const edits = await this.#amendments.addEdit(target, member, id, order)
    if (await this.#isShown(target, member)) this.#show(target, edits.shown)
  }

  /** An edit is erased, and its message perhaps is not: the next one counts. */
  async #withdraw(edit: EntryId, message: EntryId, member: MemberId): Promise<void> {
    const edits = await this.#amendments.edits(message, member)
    if (edits === undefined || !edits.all.includes(edit)) return
    const left = new Map<EntryId, string>()
    for (const id of edits.all) {
      const entry = id === edit ? undefined : await this.#entry(id)
      if (entry !== undefined) left.set(id, orderKeyOf(entry))
    }
    const shown = this.#amendments.leaveEdits(message, member, left)?.shown
    if (shown !== edits.shown && (await this.#isShown(message, member))) this.#show(message, shown)
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
