import { bodyKeyIn, reopenBody, type OpenedBody, type RoomKeys } from '../../encryption/index.ts'
import type { DeviceId, MemberId } from '../../identity/index.ts'
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
import { authorshipOf, isAuthorOf } from './authorship.ts'
import { DELETION_KIND, decodeContent, EDIT_KIND, MESSAGE_KIND } from './content.ts'
import type { DeviceBook } from './device-book.ts'
import { withLess } from './devices.ts'
import type { GenuineEntry } from './judge-entry.ts'
import { AS_WRITTEN, decodeNote, deletedNote, editedNote, HIDDEN } from './shown-note.ts'

export interface AmendingDeps {
  readonly store: EntryStore
  readonly keys: RoomKeys
  readonly book: () => DeviceBook
  /** The entries that are stored together, by now. */
  readonly batch: ReadonlyMap<EntryId, GenuineEntry>
}

/** What an edit or a deletion is about, as far as it is here. */
interface Target {
  readonly device: DeviceId
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
 * 3. A deletion is final, and itself is never erased: it accounts for what it erased. What it says counts by headers alone.
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

  async take({ entry, body, content }: GenuineEntry, member: MemberId): Promise<void> {
    if (content?.kind === MESSAGE_KIND) return this.#place(entry, member)
    if (content?.kind === EDIT_KIND) return this.#edit(content.target, entry, member)
    // A deletion whose header says something else could itself be erased, and account for nothing any more.
    const isDeletion = content?.kind === DELETION_KIND && authorshipOf(entry, body, content.opening) !== undefined
    if (!isDeletion) return void (await this.#eraseIfClaimed(entry))
    for (const { id, ...target } of content.targets) {
      await this.#claim(id, { ...target, member, order: orderKeyOf(entry) })
    }
  }

  /** Noted unless what it is about is here and does not bear it out, or the device that it names is another member's. */
  async #claim(target: EntryId, claim: Claim): Promise<void> {
    if ((this.#memberOf(claim.device) ?? claim.member) !== claim.member) return
    const entry = await this.#entry(target)
    if (entry !== undefined && !isAuthorOf({ ...claim, id: target }, entry)) return
    this.claimed.add(target)
    await this.#amendments.addClaim(target, claim)
    if (entry !== undefined && isWhole(entry)) await this.#eraseIfClaimed(entry)
  }

  /** The claim that this entry is to be erased, if there is one that counts. */
  claimOf(entry: StoredEntry): Promise<Claim | undefined> {
    return this.#amendments.claimOf(entry, device => this.#memberOf(device))
  }

  /** The device whose introduction may make a claim count; its header bears out none of another. */
  async unknownAuthor(entry: StoredEntry): Promise<DeviceId | undefined> {
    const told = await this.#amendments.toldOf(entry)
    return told !== undefined && this.#memberOf(told.device) === undefined ? told.device : undefined
  }

  showDeleted(message: EntryId, author: MemberId): void {
    this.notes.set(message, deletedNote(author))
    this.changed.add(message)
  }

  records(): RecordChange[] {
    return this.#amendments.changes()
  }

  #memberOf(device: DeviceId): MemberId | undefined {
    return this.#deps.book().get(device)?.member
  }

  /** A message has come; what was said of it before counts now. */
  async #place(entry: Entry, member: MemberId): Promise<void> {
    this.notes.set(entry.id, AS_WRITTEN)
    const [shown] = await this.#amendments.edits(entry.id, member, 1)
    if (shown !== undefined) this.#show(entry.id, shown)
    await this.#eraseIfClaimed(entry)
  }

  async #edit(target: EntryId, edit: Entry, member: MemberId): Promise<void> {
    if (await this.#eraseIfClaimed(edit)) return
    this.#amendments.addEdit(target, member, edit)
    const [shown] = await this.#amendments.edits(target, member, 1)
    if (shown === edit.id && (await this.#isShown(target, member))) this.#show(target, shown)
  }

  /** An edit is erased, and its message perhaps is not: the next one counts. */
  async #withdraw(edit: Entry, message: EntryId, member: MemberId): Promise<void> {
    const [before] = await this.#amendments.edits(message, member, 1)
    await this.#amendments.removeEdit(message, member, edit)
    const [shown] = await this.#amendments.edits(message, member, 1)
    if (shown !== before && (await this.#isShown(message, member))) this.#show(message, shown)
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
    return note === undefined || ['deleted', 'hidden'].includes(decodeNote(note).kind)
  }

  /**
   * Erases the body if there is a claim that counts. All goes by what the header bears out, which is all that who comes later
   * will have.
   */
  async #eraseIfClaimed(entry: Entry): Promise<boolean> {
    const { id } = entry
    const claim = await this.claimOf(entry)
    if (claim === undefined) return false
    const found = await this.#find(id)
    if (found === undefined) return true
    if (this.#deps.batch.has(id)) this.bodiless.add(id)
    else this.erased.add(id)
    this.#giveBack(entry, found)
    if (claim.kind === MESSAGE_KIND) this.showDeleted(id, claim.member)
    else if (found.kind === MESSAGE_KIND) this.notes.set(id, HIDDEN)
    if (found.edits !== undefined && found.member !== undefined) await this.#withdraw(entry, found.edits, found.member)
    return true
  }

  #giveBack({ header }: Entry, { device }: Target): void {
    const record = this.#deps.book().get(device)
    if (record !== undefined) this.#deps.book().set(withLess(record, header.bodyLength))
  }

  /** Undefined: it is not here, or its body is not. */
  async #find(id: EntryId): Promise<Target | undefined> {
    const body = this.#deps.batch.get(id)?.body ?? this.#reopened(await this.#deps.store.get(id))
    if (body === undefined) return undefined
    const decoded = decodeContent(body.kind, body.content)
    const content = decoded.ok ? decoded.value : undefined
    const edits = content?.kind === EDIT_KIND ? content.target : undefined
    return { device: body.device, member: this.#memberOf(body.device), kind: content?.kind ?? 0, edits }
  }

  #reopened(stored: StoredEntry | undefined): OpenedBody | undefined {
    if (stored === undefined || !isWhole(stored)) return undefined
    const key = bodyKeyIn(this.#deps.keys.epochs, stored)
    return key && reopenBody(key, stored)
  }
}
