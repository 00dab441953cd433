import { CappedMap, toHex } from '../../bytes/index.ts'
import type { EpochId } from '../../encryption/index.ts'
import type { DeviceId } from '../../identity/index.ts'
import {
  eraseBody,
  isAhead,
  isWhole,
  orderKeyOf,
  type Entry,
  type ErasedEntry,
  type EntryId,
  type StoredEntry
} from '../../log/index.ts'
import { Amending } from './amending.ts'
import { costOf, withEntry, type DeviceRecord } from './devices.ts'
import { HeldBack } from './held-back.ts'
import { MESSAGE_KIND } from './content.ts'
import { addToHistory, withoutGap, type Citation } from './history.ts'
import { citedBy, judgeEntry, type GenuineEntry } from './judge-entry.ts'
import { isLate, lateRecord, withLateMarks, type Attendance } from './late-marks.ts'
import type { RoomDeps } from './room-deps.ts'
import { SequenceIndex } from './sequence-index.ts'
import type { StoredState } from './stored-state.ts'

/** What came of taking entries in. */
export interface Taken {
  readonly stored: readonly GenuineEntry[]
  /** Devices that are shown by now, and were not before, to have used a sequence twice. */
  readonly equivocators: readonly DeviceId[]
  /** Messages that are shown differently by now: edited or deleted, those among the stored ones included. */
  readonly changed: ReadonlySet<EntryId>
  /** How many came without their bodies, and are accounted for. */
  readonly erased: number
  /** How many of the entries open for nobody: an honest peer brings none. */
  readonly void: number
  /** Of a private room: what is known now of who may do what. */
  readonly control: readonly Entry[]
}

/** An entry of this device, with all that came of taking it in. */
export interface Written {
  readonly own: GenuineEntry
  readonly taken: Taken
}

/** Entries on their way into the store, with what will be stored about them. */
interface Batch {
  readonly entries: Map<EntryId, GenuineEntry>
  /** Those that came without their bodies. */
  readonly erased: Map<EntryId, ErasedEntry>
  readonly sequences: SequenceIndex
  readonly amending: Amending
  readonly equivocators: DeviceId[]
  void: number
  /** Whether something that was missing came, and is not kept here. */
  hasSettled: boolean
}

/** What is left of an entry, for which nobody known here accounts. */
interface Bare {
  readonly entry: ErasedEntry
  /** The device that wrote it, as a deletion has it; undefined while there is none. */
  readonly device: DeviceId | undefined
}

/** Entries that wait for their device's certificate: a day's talk of a few people, bounded against floods. */
const MAX_WAITING = 256
/** Entries of epochs that are not known here yet. */
const MAX_UNOPENED = 256
/** Headers that no deletion known accounts for, and whose bodies are still looked for. */
const MAX_BARE = 256
/** Entries that found no space, are void, or cannot be checked by this version: not asked for again and again. */
const MAX_REFUSED = 4096

/**
 * Takes entries into a room: judges them, lets wait what cannot be taken in yet, and stores the rest with all that
 * follows from it.
 */
export class Intake {
  readonly waiting = new CappedMap<EntryId, GenuineEntry>(MAX_WAITING)
  readonly heldBack = new HeldBack()
  readonly #unopened = new CappedMap<EntryId, Entry>(MAX_UNOPENED)
  readonly #bare = new CappedMap<EntryId, Bare>(MAX_BARE)
  readonly #refused = new CappedMap<EntryId, true>(MAX_REFUSED)
  readonly #deps: RoomDeps
  readonly #stored: StoredState
  #attendance: Attendance

  constructor(deps: RoomDeps, stored: StoredState) {
    this.#deps = deps
    this.#stored = stored
    const { joinedAt, readUpTo } = stored.current
    this.#attendance = { joinedAt, since: Number.POSITIVE_INFINITY, readBefore: readUpTo }
  }

  /** From now on this device is with others, and what they say comes when they say it. */
  attend(): void {
    const { joinedAt, readUpTo } = this.#stored.current
    this.#attendance = { joinedAt, since: this.#deps.clock.now(), readBefore: readUpTo }
  }

  /** What is here and genuine, but not taken in yet. */
  setAside(): Map<EntryId, GenuineEntry> {
    const held = this.heldBack.all().map(genuine => [genuine.entry.id, genuine] as const)
    return new Map([...this.waiting, ...held])
  }

  /** Whether nothing is gained by asking for this entry: it is held back, or could not be taken in. */
  isSettled(id: EntryId): boolean {
    const isComing = this.#unopened.has(id) || this.#stored.current.control?.isWaiting(id) === true
    return isComing || this.heldBack.has(id) || this.#refused.has(id)
  }

  /** What had no place may have one now. */
  askAgain(): void {
    this.#refused.clear()
  }

  /** Takes in these, and what waited for its time, its author or a deletion. */
  async accept(arrived: readonly StoredEntry[]): Promise<Taken> {
    const { entries, isVoid } = await this.#takeControl(arrived)
    const batch = this.#newBatch(isVoid)
    for (const genuine of await this.#judged(entries, batch)) {
      await this.#introduceAuthor(genuine)
      await this.#take(genuine, batch)
    }
    for (const genuine of [...this.waiting.values()]) await this.#take(genuine, batch)
    for (const entry of entries) if (!isWhole(entry)) this.#bare.set(entry.id, { entry, device: undefined })
    for (const entry of this.#accountable(entries, batch)) await this.#takeErased(entry, batch)
    return takenOf(batch, await this.#commit(batch))
  }

  /** Takes in what this device says and nothing beside it: of what others said the caller of `accept` tells. */
  async acceptOwn(entry: Entry): Promise<Written> {
    const own = await judgeEntry(this.#deps.keys, entry)
    if (typeof own === 'string') throw new Error(`an entry of this device is ${own}`)
    const batch = this.#newBatch()
    await this.#introduceAuthor(own)
    await this.#take(own, batch)
    if (!batch.entries.has(entry.id)) throw new Error('an entry of this device was not taken in by itself')
    return { own, taken: takenOf(batch, await this.#commit(batch)) }
  }

  #newBatch(isVoid = 0): Batch {
    const { store, keys } = this.#deps
    const sequences = new SequenceIndex(store)
    const entriesOfBatch = new Map<EntryId, GenuineEntry>()
    return {
      entries: entriesOfBatch,
      erased: new Map(),
      sequences,
      amending: new Amending({ store, keys, book: () => this.#stored.current.book, batch: entriesOfBatch }),
      equivocators: [],
      void: isVoid,
      hasSettled: false
    }
  }

  /** Control before chat, which may be opened by it; what is left to take in. */
  async #takeControl(arrived: readonly StoredEntry[]): Promise<{ entries: readonly StoredEntry[]; isVoid: number }> {
    const { control } = this.#stored.current
    if (control === undefined) return { entries: arrived, isVoid: 0 }
    const [ofControl, ofChat] = [arrived.filter(isControl), arrived.filter(entry => !isControl(entry))]
    const isVoid = await control.take(ofControl, this.#deps.clock.now())
    if (!control.isChanged) return { entries: ofChat, isVoid }
    this.askAgain()
    const entries = [...ofChat, ...this.#unopened.values()]
    this.#unopened.clear()
    return { entries, isVoid }
  }

  /** Those that are genuine, new and not ahead, with those that were held back until now, in room order. */
  async #judged(entries: readonly StoredEntry[], batch: Batch): Promise<GenuineEntry[]> {
    const now = this.#deps.clock.now()
    const found = new Map(this.heldBack.takeDue(now).map(genuine => [genuine.entry.id, genuine]))
    for (const entry of entries) {
      if (!isWhole(entry) || found.has(entry.id) || this.heldBack.has(entry.id)) continue
      if (this.#isOutdated(entry, batch) || (await this.#deps.store.has(entry.id))) continue
      const judged = await judgeEntry(this.#deps.keys, entry)
      if (judged === 'void') batch.void += 1
      if (judged === 'void' || judged === 'newer') this.#settle(entry.id, batch)
      if (judged === 'unknown-epoch') this.#setAsideUnopened(entry, batch)
      if (typeof judged === 'string') continue
      if (isAhead(entry.header.clock, now)) this.heldBack.hold(judged)
      else found.set(entry.id, judged)
    }
    return [...found.values()].sort((a, b) => (orderKeyOf(a.entry) < orderKeyOf(b.entry) ? -1 : 1))
  }

  /** Of an epoch that comes to be known, or that this device shall not read. */
  #setAsideUnopened(entry: Entry, batch: Batch): void {
    const { control } = this.#stored.current
    if (control === undefined) return
    const epoch = toHex(entry.header.epoch) as EpochId
    if (!control.miss(epoch) && control.room.isWithheld(epoch)) this.#settle(entry.id, batch)
    else this.#unopened.set(entry.id, entry)
  }

  async #introduceAuthor({ entry, body, content }: GenuineEntry): Promise<void> {
    if (content?.profile === undefined) return
    const { book, control } = this.#stored.current
    if (control !== undefined && control.room.memberOf(body.device) === undefined) return
    await book.introduce(content.profile, body.device, this.#deps.clock.now(), entry.header.clock.ms)
  }

  /** Takes the entry in if its author's device is known; else it waits. */
  async #take(genuine: GenuineEntry, batch: Batch): Promise<void> {
    const { id } = genuine.entry
    const device = this.#authorOf(genuine)
    if (device === undefined) {
      this.waiting.set(id, genuine)
      return
    }
    this.waiting.delete(id)
    if (device === 'void') return this.#settle(id, batch)
    if (this.#deps.space?.fits(device.member, costOf(device, genuine), this.#stored.current.book) === false) {
      this.#refused.set(id, true)
      return
    }
    await this.#addToDevice(genuine, device, batch)
    await this.#addToHistory(genuine, device, batch)
    batch.entries.set(id, genuine)
    await batch.amending.take(genuine, device.member)
  }

  /** Undefined: not known yet; void: not one who may say this. */
  #authorOf({ body }: GenuineEntry): DeviceRecord | 'void' | undefined {
    const { book, control } = this.#stored.current
    if (control === undefined) return book.get(body.device)
    const member = control.room.memberOf(body.device)
    if (member === undefined) return undefined
    // Whoever was let in by what does not count says nothing that does.
    const upTo = control.room.writesUpTo(body.device) ?? 0
    return body.sequence > upTo ? 'void' : book.admit(body.device, member, this.#deps.clock.now())
  }

  /** Of the headers without bodies those that came now, or of which something is claimed now, or whose devices are known by now. */
  #accountable(entries: readonly StoredEntry[], { amending }: Batch): ErasedEntry[] {
    const { book } = this.#stored.current
    const came = new Set(entries.map(({ id }) => id))
    const isOfUse = ({ entry: { id }, device }: Bare): boolean =>
      came.has(id) || amending.claimed.has(id) || (device !== undefined && book.get(device) !== undefined)
    return [...this.#bare.values()].filter(isOfUse).map(({ entry }) => entry)
  }

  /** Takes in what is left of an entry, if somebody who could erased it: its author, by what its header commits to. */
  async #takeErased(entry: ErasedEntry, batch: Batch): Promise<void> {
    const { id, header } = entry
    if (this.#isOutdated(entry, batch) || batch.entries.has(id) || (await this.#deps.store.has(id))) {
      this.#bare.delete(id)
      return
    }
    const { book, control } = this.#stored.current
    // What accounts for it may lie in an epoch that this device shall not read, either.
    if (control?.room.isWithheld(toHex(header.epoch) as EpochId) === true) {
      this.#bare.delete(id)
      return this.#settle(id, batch)
    }
    const claim = await batch.amending.claimOf(entry)
    const device = claim && book.get(claim.device)
    if (claim === undefined || device === undefined || isAhead(header.clock, this.#deps.clock.now())) {
      this.#bare.set(id, { entry, device: await batch.amending.unknownAuthor(entry) })
      return
    }
    // Nobody who may read here could have written it.
    if (header.class !== 'chat' || this.#deps.keys.epochs.contentKey('chat', header.epoch) === undefined) return
    this.#bare.delete(id)
    if (this.#deps.space?.fits(device.member, costOf(device, { entry }), book) === false) return
    const { sequence } = claim
    if ((await batch.sequences.find(claim)) === undefined) batch.sequences.add(claim, id)
    book.set(withEntry(device, { id, sequence, time: header.clock.ms, bytes: costOf(device, { entry }) }))
    const state = this.#stored.current
    state.history = addToHistory(state.history, { id, clock: header.clock, author: claim.device }, [], each =>
      state.book.bytesOf(each)
    )
    batch.erased.set(id, entry)
    if (claim.kind === MESSAGE_KIND) batch.amending.showDeleted(id, claim.member)
  }

  /** Whether the entry is older than what is kept here; then it is not missing any more. */
  #isOutdated({ id, header }: StoredEntry, batch: Batch): boolean {
    if (header.clock.ms >= this.#stored.floor) return false
    this.#settle(id, batch)
    return true
  }

  /** It is not taken in, and not missing any more. */
  #settle(id: EntryId, batch: Batch): void {
    const state = this.#stored.current
    this.#refused.set(id, true)
    state.history = withoutGap(state.history, id)
    batch.hasSettled = true
  }

  /**
   * A sequence that is taken by another entry was signed twice: all that a body holds follows from what is signed, so
   * that nobody but the device itself can make two entries of one.
   */
  async #addToDevice(genuine: GenuineEntry, device: DeviceRecord, batch: Batch): Promise<void> {
    const { entry, body } = genuine
    const { id, header } = entry
    const { sequence } = body
    const isNext = sequence > (device.last?.sequence ?? 0)
    const before = isNext ? undefined : await batch.sequences.find(body)
    if (before === undefined) batch.sequences.add(body, id)
    const record = withEntry(device, { id, sequence, time: header.clock.ms, bytes: costOf(device, genuine) })
    const isProof = before !== undefined && device.equivocation === undefined
    if (isProof) batch.equivocators.push(body.device)
    this.#stored.current.book.set(isProof ? { ...record, equivocation: { sequence, ids: [before, id] } } : record)
  }

  async #addToHistory({ entry, body }: GenuineEntry, author: DeviceRecord, batch: Batch): Promise<void> {
    const { id, header } = entry
    const citations = await Promise.all(citedBy(body).map(cited => this.#citation(cited, author, batch)))
    const known = citations.filter(citation => citation !== undefined)
    const state = this.#stored.current
    state.history = addToHistory(state.history, { id, clock: header.clock, author: body.device }, known, each =>
      state.book.bytesOf(each)
    )
  }

  /** Undefined: what was here and is kept no longer, or came and was not taken in. */
  async #citation(id: EntryId, author: DeviceRecord, batch: Batch): Promise<Citation | undefined> {
    const entry = batch.entries.get(id)?.entry ?? (await this.#deps.store.get(id))
    if (entry !== undefined) return { id, clock: entry.header.clock }
    return id === author.last?.id || this.#refused.has(id) ? undefined : { id, clock: undefined }
  }

  async #commit({ entries, erased, sequences, amending, hasSettled }: Batch): Promise<readonly Entry[]> {
    const state = this.#stored.current
    const control = state.control?.takeChanges() ?? { entries: [], records: [] }
    const whole = [...entries.values()].map(({ entry }) => (amending.bodiless.has(entry.id) ? eraseBody(entry) : entry))
    const stored = [...control.entries, ...whole, ...erased.values()]
    const records = [
      ...control.records,
      ...state.book.takeChanges(device => state.control?.room.memberOf(device)),
      ...amending.records()
    ]
    if (entries.size + erased.size > 0) records.push(...sequences.changes())
    const late = this.#lateOnes([...entries.values()])
    if (late.length > 0) {
      state.late = withLateMarks(state.late, late)
      records.push(lateRecord(state.late))
    }
    if (records.length + stored.length === 0 && !hasSettled) return []
    await this.#stored.commit({ entries: stored, shown: amending.notes, erased: [...amending.erased], records })
    return control.entries
  }

  #lateOnes(entries: readonly GenuineEntry[]): EntryId[] {
    const now = this.#deps.clock.now()
    const own = this.#deps.identity.certificate.device
    const late = entries.filter(({ entry, body }) => body.device !== own && isLate(entry, now, this.#attendance))
    return late.map(({ entry }) => entry.id)
  }
}

function isControl({ header }: StoredEntry): boolean {
  return header.class === 'control'
}

function takenOf({ entries, erased, amending, equivocators, void: ofNobody }: Batch, control: readonly Entry[]): Taken {
  const { changed } = amending
  return { stored: [...entries.values()], equivocators, changed, erased: erased.size, void: ofNobody, control }
}
