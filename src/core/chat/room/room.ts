import { NotAllowedError, UsageError, type Millis } from '../../bytes/index.ts'
import {
  bodyKeyIn,
  reopenBody,
  type HandedOver,
  type Lacked,
  type NamedRoom,
  type OpenedBody
} from '../../encryption/index.ts'
import type { DeviceId, MemberId } from '../../identity/index.ts'
import {
  idOfOrder,
  isWhole,
  LOWEST,
  orderKeyOf,
  type Entry,
  type EntryId,
  type RecordChange,
  type StoredEntry,
  type SyncedClass
} from '../../log/index.ts'
import { Amendments, MAX_EDITS } from './amendments.ts'
import { authorshipOf, type Authorship } from './authorship.ts'
import { decodeContent, DELETION_KIND, EDIT_KIND, MESSAGE_KIND, parseText, type Profile } from './content.ts'
import type { ControlLog } from './control-log.ts'
import type { DeviceRecord } from './devices.ts'
import { Dropping } from './dropping.ts'
import { Gaps } from './gaps.ts'
import { introducedWith } from './introductions.ts'
import { Intake, type Taken, type Written } from './intake.ts'
import { citedBy } from './judge-entry.ts'
import { refuseAhead, sealOwn, type OwnWords } from './own-entries.ts'
import type { Retention } from './retention.ts'
import type { RoomDeps } from './room-deps.ts'
import { readRecord, type RoomState } from './room-state.ts'
import { Serial } from '../serial.ts'
import type { SequenceRanges } from './sequence-ranges.ts'
import { ShownMessages, type RoomMessage } from './shown-messages.ts'
import { StoredState } from './stored-state.ts'

/** What a member has said that it holds of this device's entries. */
interface Gain {
  readonly before: SequenceRanges
  readonly after: SequenceRanges
}

/**
 * Entries read at a time for an answer, half a megabyte at the most: the answer may end after any of them, and hundreds who read
 * slowly may be answered at once.
 */
const FETCH_BATCH = 8
/**
 * A room as this device holds it: takes in entries, writes its own, and tells what is there. Knows nothing of the
 * network.
 *
 * 1. Nothing is told to anybody before it is durable.
 * 2. Entries and what is derived from them are stored in one write; when a change fails, memory goes back to the store.
 * 3. One change at a time: what a change reads, no other changes meanwhile.
 */
export class Room {
  readonly keys: NamedRoom
  readonly gaps: Gaps
  /** What of the log is shown as messages. */
  readonly shown: ShownMessages
  readonly #deps: RoomDeps
  readonly #changes = new Serial()
  readonly #stored: StoredState
  readonly #intake: Intake
  readonly #dropping: Dropping

  private constructor(deps: RoomDeps, stored: StoredState) {
    this.keys = deps.keys
    this.#deps = deps
    this.#stored = stored
    this.#intake = new Intake(deps, stored)
    this.#dropping = new Dropping(deps, stored)
    this.shown = new ShownMessages(deps, stored)
    this.gaps = new Gaps(deps.ownClock ?? deps.clock, stored, id => this.#intake.heldBack.has(id))
  }

  static async load(deps: RoomDeps): Promise<Room> {
    return new Room(deps, await StoredState.load(deps))
  }

  get state(): Readonly<RoomState> {
    return this.#state
  }

  get #state(): RoomState {
    return this.#stored.current
  }

  #change<T>(task: () => Promise<T>, expectAllowed?: () => void): Promise<T> {
    return this.#changes.run(() => this.#stored.run(task, expectAllowed))
  }

  /** Stores those of the entries that are genuine and new, and those whose time has come, with all that follows. */
  accept(entries: readonly StoredEntry[]): Promise<Taken> {
    return this.#change(() => this.#accept(entries))
  }

  async #accept(entries: readonly StoredEntry[]): Promise<Taken> {
    const taken = await this.#intake.accept(entries)
    if (taken.control.length > 0) await this.#dropping.unentitled()
    return taken
  }

  /** Resolves when what was begun is stored; nothing is changed after that: another may then load the same store. */
  close(): Promise<void> {
    return this.#changes.close()
  }

  /** Somebody else is here again: what is written from now on is expected to come at once. */
  attend(): void {
    this.#intake.attend()
  }

  /**
   * Gets to know a device; the next `accept` takes in the entries that waited for that.
   * @param said when it said this nickname; 0 when somebody else tells
   */
  introduce(profile: Profile, said: Millis): Promise<DeviceRecord | undefined> {
    return this.#change(async () => {
      const { book, control } = this.#state
      const met = await book.introduce(profile, undefined, this.#deps.clock.now(), said)
      const isMember = met !== undefined && control?.room.memberOf(met.device) === met.member
      const records = isMember ? book.changesOf(met.device) : []
      // Members have names also before they write. Whether somebody is met does not hang on the disk.
      if (records.length > 0) await this.#stored.commit({ records }).catch(() => undefined)
      return met
    })
  }

  /** What introduces those whose entry it is, which is here, or who come in by it. */
  introducedWith(entry: StoredEntry): Profile[] {
    return introducedWith(this.#state, entry, isWhole(entry) ? this.#open(entry) : undefined)
  }

  /** Writes a message: durable when it resolves. */
  async write(text: string): Promise<Written> {
    return this.#write({ kind: MESSAGE_KIND, text: parseText(text) })
  }

  /**
   * Has an own message say something else.
   * @throws UsageError when it is not here or was deleted, NotAllowedError when it is somebody else's
   */
  async edit(message: EntryId, text: string): Promise<Written> {
    const own = await this.#ownMessage(message)
    if (own === undefined) throw new UsageError('this message was deleted')
    const edits = await this.#editsOf(message)
    if (edits.length >= MAX_EDITS) {
      throw new UsageError(`this message was edited ${MAX_EDITS} times: more are not possible`)
    }
    return this.#write({ kind: EDIT_KIND, text: parseText(text), target: message }, edits)
  }

  /** Erases an own message here and at whoever follows; undefined when it is erased already. Throws as `edit`. */
  async delete(message: EntryId): Promise<Written | undefined> {
    const own = await this.#ownMessage(message)
    if (own === undefined) return undefined
    const ids = [message, ...(await this.#editsOf(message))]
    const [ofMessage, ...ofEdits] = await Promise.all(ids.map(id => this.#authorship(id)))
    if (ofMessage === undefined) {
      throw new UsageError('this message was written by an earlier version, which did not provide for deleting it')
    }
    const targets = [ofMessage, ...ofEdits.filter(each => each !== undefined)]
    return this.#write({ kind: DELETION_KIND, targets }, ids)
  }

  /**
   * Says something of who may do what in a private room, and makes the keys follow; durable when it resolves.
   * @throws NotAllowedError when that is not for this device
   */
  operate(say: (control: ControlLog) => Promise<unknown>): Promise<Taken> {
    return this.#change(async () => {
      const { control } = this.#state
      if (control === undefined) throw new NotAllowedError('an open room has nobody who may do more than others')
      await say(control)
      await control.carryOut()
      return this.#accept([])
    })
  }

  /** What this device lacks of a private room and members may have: to be asked when all is here that others have. */
  async lacked(): Promise<Lacked | undefined> {
    return this.#change(async () => this.#state.control?.room.handing.lacked(this.#deps.clock.now()))
  }

  /** What of that is here, and may be given to this device; undefined when it is no member's. */
  async handOver(asker: DeviceId, lacked: Lacked): Promise<HandedOver | undefined> {
    return this.#change(async () => this.#state.control?.room.handing.give(asker, lacked))
  }

  /** Takes what a member handed over, to be stored by the next `accept`; whether anything of it was new. */
  takeHandedOver(handed: HandedOver): Promise<boolean> {
    return this.#change(async () => (await this.#state.control?.takeHandedOver(handed)) === true)
  }

  #editsOf(message: EntryId): Promise<EntryId[]> {
    return new Amendments(this.#deps.store).edits(message, this.#deps.identity.certificate.member, MAX_EDITS)
  }

  /** @param above own entries that this counts for only from above, wherever a clock that was wrong has put them */
  async #write(words: OwnWords, above: readonly EntryId[] = []): Promise<Written> {
    const clocks = (await this.load(above)).map(({ header }) => header.clock)
    refuseAhead(clocks, this.#deps.clock.now())
    const write = async (): Promise<Written> => {
      await this.#state.control?.prepareToSeal()
      return this.#intake.acceptOwn(await sealOwn(this.#deps, this.#state, words, clocks))
    }
    return this.#change(write, () => this.#state.control?.expectMaySay())
  }

  /** Undefined: it was deleted. */
  async #ownMessage(id: EntryId): Promise<RoomMessage | undefined> {
    const message = await this.shown.message(id)
    if (message === undefined) throw new UsageError('there is no such message here')
    if (message.author !== this.#deps.identity.certificate.member) {
      throw new NotAllowedError('only whoever wrote a message may change or delete it')
    }
    return message.deleted ? undefined : message
  }

  async #authorship(id: EntryId): Promise<Authorship | undefined> {
    const entry = await this.#deps.store.get(id)
    const body = entry && isWhole(entry) ? this.#open(entry) : undefined
    if (body === undefined) return undefined
    const content = decodeContent(body.kind, body.content)
    return entry && content.ok ? authorshipOf(entry, body, content.value.opening) : undefined
  }

  /**
   * Sets how long entries stay here, and erases a part of what is older; whether more is left to erase.
   * @param now by this device's own clock, which nobody else corrects
   */
  retain(retention: Retention, now: Millis): Promise<boolean> {
    return this.#change(async () => {
      // Where an earlier run ended between a removal and this.
      await this.#dropping.unentitled()
      const before = this.#stored.floor
      const isMore = await this.#dropping.outdated(retention, now)
      if (this.#stored.floor < before) this.#intake.askAgain()
      if (!isMore) await this.#eraseKeys()
      return isMore
    })
  }

  /** States whose time is over, and the content keys of what is not kept any more, also from where the files of the store still tell of them. */
  async #eraseKeys(): Promise<void> {
    const { control } = this.#state
    if (control === undefined) return
    await this.#dropping.keys(control)
    if (control.isChanged) await this.#accept([])
    await this.#dropping.purge(control)
  }

  /** Entries below this time are not kept here. */
  get floor(): Millis {
    return this.#stored.floor
  }

  /** What of these authors is durable here. */
  held(authors: readonly DeviceId[]): Promise<Map<DeviceId, SequenceRanges>> {
    return this.#change(async () => {
      const known = authors.map(author => [author, this.#state.book.get(author)?.held ?? []] as const)
      return new Map(known.filter(([, ranges]) => ranges.length > 0))
    })
  }

  /** Stores what members say that they hold of this device's entries; those whose word says more than before. */
  acknowledge(heard: ReadonlyMap<MemberId, SequenceRanges>): Promise<Gain[]> {
    return this.#change(async () => {
      const { deliveries } = this.#state
      const last = this.ownDevice?.last?.sequence ?? 0
      const gains: Gain[] = []
      const records: RecordChange[] = []
      for (const [member, held] of heard) {
        const before = deliveries.of(member)
        const changes = deliveries.acknowledge(member, held, last, other => this.#hasWritten(other))
        if (changes.length > 0) gains.push({ before, after: deliveries.of(member) })
        records.push(...changes)
      }
      if (records.length > 0) await this.#stored.commit({ records })
      return gains
    })
  }

  #hasWritten(member: MemberId): boolean {
    return this.#state.book.wroteAt(member) > 0
  }

  /** Ids to ask others for: what is missing, and what is cited by entries that are here and not taken in yet. */
  async wanted(limit: number, unheld: 'with unheld' | 'without' = 'without'): Promise<EntryId[]> {
    const { history } = this.#state
    const ids = new Set([...history.missing.keys(), ...(unheld === 'without' ? [] : history.unheld.keys())])
    const setAside = this.#intake.setAside()
    for (const { body } of setAside.values()) for (const id of citedBy(body)) ids.add(id)
    const lacking = await this.lacking([...ids].filter(id => !setAside.has(id)))
    if (lacking.length <= limit) return lacking
    // Made-up citations must not stand before true ones for ever.
    const [high = 0, low = 0] = this.#deps.random(2)
    const start = (high * 256 + low) % lacking.length
    return [...lacking.slice(start), ...lacking.slice(0, start)].slice(0, limit)
  }

  /** Whether entries wait for their author's certificate. */
  get hasWaiting(): boolean {
    return this.#intake.waiting.size > 0
  }

  /** What is compared with others', in this order. */
  get synced(): readonly SyncedClass[] {
    const { control, chat } = this.#deps.store.sets
    const ofChat = { class: 'chat', set: chat, from: { ms: this.#stored.floor, prefix: '' } } as const
    return this.keys.hasControl ? [{ class: 'control', set: control, from: LOWEST }, ofChat] : [ofChat]
  }

  /** Those of these entries that are here. */
  load(ids: readonly EntryId[]): Promise<StoredEntry[]> {
    return this.#deps.store.load(ids)
  }

  /** Those of the ids that are not here, not even held back, and for which there is space. */
  async lacking(ids: readonly EntryId[]): Promise<EntryId[]> {
    if (this.#deps.space?.isFull(this.state.book) === true) return []
    return this.#deps.store.lacking(ids.filter(id => !this.#intake.isSettled(id)))
  }

  /**
   * The asked entries that are here, each that was erased behind the deletion that says so, then up to `context` entries
   * from just below the newest of them.
   */
  async *fetch(ids: readonly EntryId[], context: number): AsyncIterable<StoredEntry> {
    const given = new Set<EntryId>()
    let below = ''
    const asked = [...new Set(ids)]
    while (asked.length > 0) {
      for (const entry of await this.load(asked.splice(0, FETCH_BATCH))) {
        if (orderKeyOf(entry) > below) below = orderKeyOf(entry)
        for (const each of [...(await this.#deletionOf(entry)), entry]) {
          if (!given.has(each.id)) yield each
          given.add(each.id)
        }
      }
    }
    for (let left = below === '' ? 0 : context; left > 0; left -= FETCH_BATCH) {
      const entries = await this.#deps.store.newest(Math.min(left, FETCH_BATCH), below)
      for (const entry of entries) if (!given.has(entry.id)) yield entry
      const last = entries.at(-1)
      if (last === undefined) return
      below = orderKeyOf(last)
    }
  }

  /** The deletion that accounts for it. */
  async #deletionOf(entry: StoredEntry): Promise<StoredEntry[]> {
    if (isWhole(entry)) return []
    const claim = await new Amendments(this.#deps.store).claimOf(entry, device => this.#memberOf(device))
    return claim === undefined ? [] : this.load([idOfOrder(claim.order)])
  }

  #memberOf(device: DeviceId): MemberId | undefined {
    return this.#state.book.get(device)?.member
  }

  /** Gives up waiting for missing entries that nobody present holds: for these, or for those that are overdue. */
  giveUp(ids?: readonly EntryId[]): Promise<void> {
    return this.#change(() => this.gaps.giveUp(ids ?? this.gaps.overdue()))
  }

  /** When the next entry held back is due, or the next gap overdue. */
  nextDue(): Millis | undefined {
    const overdueIn = this.gaps.overdueIn()
    const overdue = overdueIn === undefined ? undefined : this.#deps.clock.now() + overdueIn
    const times = [this.#intake.heldBack.nextDue(), overdue].filter(time => time !== undefined)
    return times.length === 0 ? undefined : Math.min(...times)
  }

  markRead(order: string): Promise<void> {
    return this.#change(async () => {
      if (order <= this.#state.readUpTo) return
      this.#state.readUpTo = order
      await this.#stored.commit({ records: [readRecord(order)] })
    })
  }

  get ownDevice(): DeviceRecord | undefined {
    return this.#state.book.get(this.#deps.identity.certificate.device)
  }

  #open(entry: Entry): OpenedBody | undefined {
    const key = bodyKeyIn(this.keys.epochs, entry)
    return key && reopenBody(key, entry)
  }
}
