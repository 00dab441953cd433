import { CappedMap, type Clock, type Millis, type RandomBytes } from '../../bytes/index.ts'
import { MAX_PARENTS, reopenEntry, sealEntry, dayOf, type OpenRoom, type OpenedBody } from '../../encryption/index.ts'
import type { DeviceId, DisplayName, Identity, MemberId } from '../../identity/index.ts'
import {
  isAhead,
  nextHybridTime,
  orderKeyOf,
  SALT_BYTES,
  type Entry,
  type EntryId,
  type EntryStore,
  type HybridTime,
  type StoreChange
} from '../../log/index.ts'
import { decodeContent, encodeContent, MESSAGE_KIND, parseText, type Profile } from './content.ts'
import type { Self } from './device-book.ts'
import { withEntry, type DeviceRecord } from './devices.ts'
import { addToHistory, giveUpMissing, newestHeads, type Citation } from './history.ts'
import { judgeEntry, type GenuineEntry } from './judge-entry.ts'
import { historyRecord, loadRoomState, readRecord, type RoomState } from './room-state.ts'
import { Serial } from '../serial.ts'
import type { SequenceRanges } from './sequence-ranges.ts'

export interface RoomDeps {
  readonly keys: OpenRoom
  readonly store: EntryStore
  readonly identity: Identity
  readonly nick: () => DisplayName
  readonly clock: Clock
  readonly random: RandomBytes
}

/** A message as the room's log tells it. */
export interface RoomMessage {
  readonly id: EntryId
  readonly order: string
  readonly author: MemberId
  readonly time: number
  readonly text: string
  /** The sequence of an own message. */
  readonly ownSequence: number | undefined
}

/** What came of taking entries in. */
export interface Intake {
  readonly stored: readonly GenuineEntry[]
  /** Entries of devices whose certificate is not here yet; taken in by themselves once it is. */
  readonly waiting: number
}

/** Entries that wait for their device's certificate: a day's talk of a few people, bounded against floods. */
const MAX_WAITING = 256
/** Entries read at a time for an answer, half a megabyte at the most: the answer may end after any of them. */
const CONTEXT_BATCH = 8
/** Entries read at a time for a page: one that shows as nothing must not cost a read of its own. */
const PAGE_BATCH = 64
/** Unread messages are counted up to here. */
export const MAX_UNREAD = 100

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
  readonly #deps: RoomDeps
  readonly #changes = new Serial()
  readonly #waiting = new CappedMap<EntryId, GenuineEntry>(MAX_WAITING)
  #state: RoomState

  private constructor(deps: RoomDeps, state: RoomState) {
    this.keys = deps.keys
    this.#deps = deps
    this.#state = state
  }

  static async load(deps: RoomDeps): Promise<Room> {
    return new Room(deps, await loadRoomState(deps.store, selfOf(deps)))
  }

  get state(): Readonly<RoomState> {
    return this.#state
  }

  /** Stores those of the entries that are genuine and new, with all that follows from them. */
  accept(entries: readonly Entry[]): Promise<Intake> {
    return this.#changes.run(() => this.#accept(entries))
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
      const entry = await this.#seal(words)
      const { stored } = await this.#accept([entry])
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
      await this.#store({ records: [change] })
      return true
    })
  }

  /** Ids to ask others for: what is missing, and what leads to the certificates that entries wait for. */
  async wanted(limit: number, unheld: 'with unheld' | 'without' = 'without'): Promise<EntryId[]> {
    const { history } = this.#state
    const ids = new Set([...history.missing.keys(), ...(unheld === 'without' ? [] : history.unheld.keys())])
    for (const { body } of this.#waiting.values()) for (const id of citedBy(body)) ids.add(id)
    const lacking = await this.lacking([...ids].filter(id => !this.#waiting.has(id)))
    if (lacking.length <= limit) return lacking
    // Made-up citations must not stand before true ones for ever.
    const [high = 0, low = 0] = this.#deps.random(2)
    const start = (high * 256 + low) % lacking.length
    return [...lacking.slice(start), ...lacking.slice(0, start)].slice(0, limit)
  }

  /** Whether entries wait for their author's certificate. */
  get hasWaiting(): boolean {
    return this.#waiting.size > 0
  }

  /** Those of the ids that are not here. */
  async lacking(ids: readonly EntryId[]): Promise<EntryId[]> {
    const here = await Promise.all(ids.map(id => this.#deps.store.has(id)))
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

  /** Gives up waiting for missing entries that nobody present holds. */
  giveUp(ids: readonly EntryId[]): Promise<void> {
    return this.#changes.run(async () => {
      this.#state.history = giveUpMissing(this.#state.history, ids)
      await this.#store({ records: [historyRecord(this.#state.history)] })
    })
  }

  markRead(order: string): Promise<void> {
    return this.#changes.run(async () => {
      if (order <= this.#state.readUpTo) return
      this.#state.readUpTo = order
      await this.#store({ records: [readRecord(order)] })
    })
  }

  get ownDevice(): DeviceRecord | undefined {
    return this.#state.book.get(this.#deps.identity.certificate.device)
  }

  /** The newest `limit` messages below `before`, newest first. */
  async messages(limit: number, before?: EntryId): Promise<RoomMessage[]> {
    const found: RoomMessage[] = []
    const start = before === undefined ? undefined : await this.#deps.store.get(before)
    let order = start && orderKeyOf(start)
    while (found.length < limit) {
      const entries = await this.#deps.store.newest(PAGE_BATCH, order)
      found.push(...entries.flatMap(entry => this.#read(entry) ?? []))
      const last = entries.at(-1)
      if (last === undefined || entries.length < PAGE_BATCH) break
      order = orderKeyOf(last)
    }
    return found.slice(0, limit)
  }

  /** Others' messages above what was read, at most `MAX_UNREAD`. */
  async countUnread(): Promise<number> {
    const newest = await this.messages(MAX_UNREAD)
    return newest.filter(message => message.order > this.#state.readUpTo && message.ownSequence === undefined).length
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
      ownSequence: isOwn ? body.sequence : undefined
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

  async #accept(entries: readonly Entry[]): Promise<Intake> {
    const stored = new Map<EntryId, GenuineEntry>()
    const sorted = [...entries].sort((a, b) => (orderKeyOf(a) < orderKeyOf(b) ? -1 : 1))
    for (const entry of sorted) {
      const genuine = await this.#judge(entry, stored)
      if (genuine === undefined) continue
      await this.#introduceAuthor(genuine)
      await this.#take(genuine, stored)
    }
    for (const genuine of [...this.#waiting.values()]) await this.#take(genuine, stored)
    await this.#commit([...stored.values()])
    return { stored: [...stored.values()], waiting: this.#waiting.size }
  }

  async #judge(entry: Entry, stored: ReadonlyMap<EntryId, GenuineEntry>): Promise<GenuineEntry | undefined> {
    if (stored.has(entry.id) || (await this.#deps.store.has(entry.id))) return undefined
    const judged = await judgeEntry(this.keys, entry, this.#deps.clock.now())
    return typeof judged === 'string' ? undefined : judged
  }

  async #introduceAuthor({ entry, body, content }: GenuineEntry): Promise<void> {
    if (content?.profile === undefined) return
    await this.#state.book.introduce(content.profile, body.device, this.#deps.clock.now(), entry.header.clock.ms)
  }

  /** Takes the entry in if its author's device is known; else it waits. */
  async #take(genuine: GenuineEntry, stored: Map<EntryId, GenuineEntry>): Promise<void> {
    const { id } = genuine.entry
    if (this.#state.book.get(genuine.body.device) === undefined) {
      this.#waiting.set(id, genuine)
      return
    }
    this.#waiting.delete(id)
    await this.#derive(genuine, stored)
    stored.set(id, genuine)
  }

  async #derive({ entry, body }: GenuineEntry, stored: ReadonlyMap<EntryId, GenuineEntry>): Promise<void> {
    const { book, history } = this.#state
    const device = book.get(body.device)
    if (device === undefined) return
    const { id, header } = entry
    book.set(withEntry(device, { id, sequence: body.sequence, time: header.clock.ms }))
    const citations = await Promise.all(citedBy(body).map(cited => this.#citation(cited, stored)))
    this.#state.history = addToHistory(history, { id, clock: header.clock, author: body.device }, citations)
  }

  async #citation(id: EntryId, stored: ReadonlyMap<EntryId, GenuineEntry>): Promise<Citation> {
    const entry = stored.get(id)?.entry ?? (await this.#deps.store.get(id))
    return { id, clock: entry?.header.clock }
  }

  async #commit(stored: readonly GenuineEntry[]): Promise<void> {
    const records = this.#state.book.takeChanges()
    if (stored.length > 0) records.push(historyRecord(this.#state.history))
    if (records.length === 0) return
    await this.#store({ entries: stored.map(each => each.entry), records })
  }

  async #store(change: StoreChange): Promise<void> {
    try {
      await this.#deps.store.commit(change)
    } catch (thrown) {
      this.#state = await loadRoomState(this.#deps.store, selfOf(this.#deps))
      throw thrown
    }
  }

  async #seal(text: string): Promise<Entry> {
    const { identity, random, clock } = this.#deps
    const epoch = this.keys.epochs.current()
    const contentKey = this.keys.epochs.contentKey('chat', epoch)
    if (contentKey === undefined) throw new Error('the current epoch has no key')
    const heads = this.#citableHeads()
    const time = nextHybridTime(
      clock.now(),
      heads.map(([, head]) => head)
    )
    const body = this.#body(text, time, heads)
    const start = { class: 'chat', epoch, clock: time, extensions: [], salt: random(SALT_BYTES) } as const
    return sealEntry({ roomId: this.keys.roomId, contentKey }, identity.deviceKey, start, body)
  }

  /**
   * Heads that an entry of now can stand above. Those that are ahead, which a clock put right leaves behind, are neither
   * cited nor move the clock: whoever followed them would be ahead for everybody else.
   */
  #citableHeads(): [EntryId, HybridTime][] {
    const { clock } = this.#deps
    // One millisecond less than others allow: the counter may be used up, and then the next millisecond is taken.
    return newestHeads(this.#state.history).filter(([, { ms }]) => !isAhead({ ms: ms + 1, counter: 0 }, clock.now()))
  }

  #body(text: string, time: HybridTime, heads: readonly [EntryId, HybridTime][]): Omit<OpenedBody, 'device'> {
    const nick = this.#deps.nick()
    const own = this.ownDevice
    const previous = own?.last?.id
    const profile = this.#profileDue(nick, time) && { certificate: this.#deps.identity.certificate.bytes, nick }
    return {
      sequence: (own?.last?.sequence ?? 0) + 1,
      previous,
      parents: heads.flatMap(([id]) => (id === previous ? [] : [id])).slice(0, MAX_PARENTS),
      kind: MESSAGE_KIND,
      content: encodeContent({ kind: MESSAGE_KIND, text, ...(profile && { profile }) })
    }
  }

  /** On the first entry, on one a day, and when the nickname changed. */
  #profileDue(nick: DisplayName, time: HybridTime): boolean {
    const own = this.ownDevice
    return own?.last === undefined || dayOf(own.wroteAt) !== dayOf(time.ms) || own.nick !== nick
  }
}

function citedBy(body: OpenedBody): EntryId[] {
  return [...(body.previous === undefined ? [] : [body.previous]), ...body.parents]
}

function selfOf({ identity, nick }: RoomDeps): Self {
  return { member: identity.certificate.member, nick }
}
