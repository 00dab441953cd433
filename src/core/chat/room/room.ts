import type { Millis } from '../../bytes/index.ts'
import { reopenEntry, type OpenRoom, type OpenedBody } from '../../encryption/index.ts'
import type { DeviceId, MemberId } from '../../identity/index.ts'
import { orderKeyOf, type Entry, type EntryId, type SyncSet } from '../../log/index.ts'
import { decodeContent, parseText, type Profile } from './content.ts'
import type { DeviceRecord } from './devices.ts'
import { Gaps } from './gaps.ts'
import { Intake, type Taken } from './intake.ts'
import { citedBy, type GenuineEntry } from './judge-entry.ts'
import { sealMessage } from './own-entries.ts'
import type { RoomDeps } from './room-deps.ts'
import { readRecord, type RoomState } from './room-state.ts'
import { Serial } from '../serial.ts'
import type { SequenceRanges } from './sequence-ranges.ts'
import { StoredState } from './stored-state.ts'

/** A message as the room's log tells it. */
export interface RoomMessage {
  readonly id: EntryId
  readonly order: string
  readonly author: MemberId
  readonly time: number
  readonly text: string
  /** The sequence of an own message. */
  readonly ownSequence: number | undefined
  /** It came long after it was written, into a place where nobody looks any more. */
  readonly late: boolean
}

/** Entries read at a time for an answer, half a megabyte at the most: the answer may end after any of them. */
const CONTEXT_BATCH = 8
/** Unread messages are counted up to here: each is opened when its room is. */
export const MAX_UNREAD = 500
/** Messages looked at before older ones are: in a room that is looked at hardly any are unread. */
const UNREAD_BATCH = 20

/**
 * A room as this device holds it: takes in entries, writes its own, and tells what is there. Knows nothing of the
 * network.
 *
 * 1. Nothing is told to anybody before it is durable.
 * 2. Entries and what is derived from them are stored in one write; when that fails, memory goes back to the store.
 * 3. One change at a time: what a change reads, no other changes meanwhile.
 */
export class Room {
  readonly keys: OpenRoom
  readonly gaps: Gaps
  readonly #deps: RoomDeps
  readonly #changes = new Serial()
  readonly #stored: StoredState
  readonly #intake: Intake

  private constructor(deps: RoomDeps, stored: StoredState) {
    this.keys = deps.keys
    this.#deps = deps
    this.#stored = stored
    this.#intake = new Intake(deps, stored)
    this.gaps = new Gaps(deps.clock, stored, id => this.#intake.heldBack.has(id))
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

  /** Stores those of the entries that are genuine and new, and those whose time has come, with all that follows. */
  accept(entries: readonly Entry[]): Promise<Taken> {
    return this.#changes.run(() => this.#intake.accept(entries))
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
    return this.#changes.run(() => this.#state.book.introduce(profile, undefined, this.#deps.clock.now(), said))
  }

  /** What introduces the author of an entry that is here. */
  authorOf(entry: Entry): Profile | undefined {
    const device = this.#open(entry)?.device
    return device && this.#state.book.profileOf(device)
  }

  /** Writes a message: durable when it resolves. */
  write(text: string): Promise<GenuineEntry> {
    const words = parseText(text)
    return this.#changes.run(async () => {
      const entry = await sealMessage(this.#deps, this.#state, words)
      const { stored } = await this.#intake.accept([entry])
      const own = stored[0]
      if (own === undefined) throw new Error('an entry of this device was not taken in by itself')
      return own
    })
  }

  /** What of these authors is durable here. */
  held(authors: readonly DeviceId[]): Promise<Map<DeviceId, SequenceRanges>> {
    return this.#changes.run(async () => {
      const known = authors.map(author => [author, this.#state.book.get(author)?.held ?? []] as const)
      return new Map(known.filter(([, ranges]) => ranges.length > 0))
    })
  }

  acknowledge(member: MemberId, held: SequenceRanges): Promise<boolean> {
    return this.#changes.run(async () => {
      const last = this.ownDevice?.last?.sequence ?? 0
      const change = this.#state.deliveries.acknowledge(member, held, last)
      if (change === undefined) return false
      await this.#stored.commit({ records: [change] })
      return true
    })
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

  /** What is compared with others'. */
  get set(): SyncSet {
    return this.#deps.store.set
  }

  /** Those of these entries that are here. */
  async load(ids: readonly EntryId[]): Promise<Entry[]> {
    const entries = await Promise.all(ids.map(id => this.#deps.store.get(id)))
    return entries.filter(entry => entry !== undefined)
  }

  /** Those of the ids that are not here, not even held back, and for which there is space. */
  async lacking(ids: readonly EntryId[]): Promise<EntryId[]> {
    if (this.#deps.space?.isFull(this.state.book) === true) return []
    const here = await Promise.all(ids.map(async id => this.#intake.isSettled(id) || this.#deps.store.has(id)))
    return ids.filter((_, index) => here[index] !== true)
  }

  /** The asked entries that are here, then up to `context` entries from just below the newest of them. */
  async *fetch(ids: readonly EntryId[], context: number): AsyncIterable<Entry> {
    const asked = new Set(ids)
    let below = ''
    for (const id of asked) {
      const entry = await this.#deps.store.get(id)
      if (entry === undefined) continue
      if (orderKeyOf(entry) > below) below = orderKeyOf(entry)
      yield entry
    }
    for (let left = below === '' ? 0 : context; left > 0; left -= CONTEXT_BATCH) {
      const entries = await this.#deps.store.newest(Math.min(left, CONTEXT_BATCH), below)
      for (const entry of entries) if (!asked.has(entry.id)) yield entry
      const last = entries.at(-1)
      if (last === undefined) return
      below = orderKeyOf(last)
    }
  }

  /** Gives up waiting for missing entries that nobody present holds: for these, or for those that are overdue. */
  giveUp(ids?: readonly EntryId[]): Promise<void> {
    return this.#changes.run(() => this.gaps.giveUp(ids ?? this.gaps.overdue()))
  }

  /** When the next entry held back is due, or the next gap overdue. */
  nextDue(): Millis | undefined {
    const times = [this.#intake.heldBack.nextDue(), this.gaps.nextOverdue()].filter(time => time !== undefined)
    return times.length === 0 ? undefined : Math.min(...times)
  }

  markRead(order: string): Promise<void> {
    return this.#changes.run(async () => {
      if (order <= this.#state.readUpTo) return
      this.#state.readUpTo = order
      await this.#stored.commit({ records: [readRecord(order)] })
    })
  }

  get ownDevice(): DeviceRecord | undefined {
    return this.#state.book.get(this.#deps.identity.certificate.device)
  }

  /** The newest `limit` messages below `before`, newest first. */
  async messages(limit: number, before?: EntryId): Promise<RoomMessage[]> {
    const found: RoomMessage[] = []
    const start = before === undefined ? undefined : await this.#deps.store.get(before)
    for (let order = start && orderKeyOf(start); found.length < limit;) {
      const entries = await this.#deps.store.newestShown(limit - found.length, order)
      found.push(...entries.flatMap(entry => this.#read(entry) ?? []))
      const last = entries.at(-1)
      if (last === undefined) break
      order = orderKeyOf(last)
    }
    return found
  }

  /** Others' messages above what was read, at most `MAX_UNREAD`. */
  async countUnread(): Promise<number> {
    let count = 0
    let order: string | undefined
    for (let looked = 0; looked < MAX_UNREAD; looked += UNREAD_BATCH) {
      const newest = await this.#deps.store.newestShown(UNREAD_BATCH, order)
      const unread = newest.filter(entry => orderKeyOf(entry) > this.#state.readUpTo)
      const messages = unread.flatMap(entry => this.#read(entry) ?? [])
      count += messages.filter(message => message.ownSequence === undefined).length
      const last = unread.at(-1)
      if (unread.length < UNREAD_BATCH || last === undefined) break
      order = orderKeyOf(last)
    }
    return count
  }

  messageOf({ entry, body, content }: GenuineEntry): RoomMessage | undefined {
    const author = this.#state.book.get(body.device)
    if (author === undefined || content?.text === undefined) return undefined
    const isOwn = body.device === this.#deps.identity.certificate.device
    return {
      id: entry.id,
      order: orderKeyOf(entry),
      author: author.member,
      time: entry.header.clock.ms,
      text: content.text,
      ownSequence: isOwn ? body.sequence : undefined,
      late: this.#state.late.has(entry.id)
    }
  }

  #read(entry: Entry): RoomMessage | undefined {
    const body = this.#open(entry)
    if (body === undefined) return undefined
    const content = decodeContent(body.kind, body.content)
    return this.messageOf({ entry, body, content: content.ok ? content.value : undefined })
  }

  #open(entry: Entry): OpenedBody | undefined {
    const contentKey = this.keys.epochs.contentKey(entry.header.class, entry.header.epoch)
    return contentKey && reopenEntry(contentKey, entry)
  }
}
