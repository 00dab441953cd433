import { CappedMap, NotAllowedError, toHex, UnavailableError, type Millis, type Result } from '../../bytes/index.ts'
import {
  EPOCH_RECORDS,
  openEntry,
  PrivateRoom,
  reopenEntry,
  StoredEpochs,
  type Action,
  type ControlWords,
  type EpochId,
  type GroupKeys,
  type HandedOver,
  type OpenedBody,
  type OperationContent,
  type OperationId,
  type PrivateRoomKeys,
  type RoomId
} from '../../encryption/index.ts'
import {
  compareHybridTimes,
  HIGHEST,
  isAhead,
  isWhole,
  LOWEST,
  nextHybridTime,
  type Entry,
  type EntryId,
  type EntryStore,
  type HybridTime,
  type RecordChange,
  type StoredEntry
} from '../../log/index.ts'
import {
  generationsRecord,
  handedBodiesRecord,
  handedOverRecord,
  isErasure,
  loadControlRecords,
  UNPURGED
} from './control-records.ts'
import type { RoomDeps } from './room-deps.ts'
import { sealControl } from './seal-control.ts'

/** What a private room has beside what every room has. */
export interface ControlDeps {
  readonly groupKeys: GroupKeys
  /** Told of each room that is loaded. */
  readonly keys: PrivateRoomKeys
}

/** Entries that had no place here, so that they are not asked for again at each meeting. */
const MAX_REFUSED = 4096
/** Entries of generations that are not known here yet. */
const MAX_UNOPENED = 256
const LOAD_BATCH = 256
/** The room's id is that of its first entry: its author can sign for no room. */
export const NO_ROOM = '0'.repeat(64) as RoomId

/**
 * The control entries of a private room: opens them, has the room take them in, and says what this device has to say. Like all else in
 * memory it is ahead of the store until `takeChanges` is written, and loaded anew when that fails.
 */
export class ControlLog {
  readonly room: PrivateRoom
  /** Whether keys were deleted of which the files may tell still, in this run or an earlier one. */
  isPurgeDue: boolean
  readonly #deps: RoomDeps
  readonly #epochs: StoredEpochs
  /** Those that wait in the room, which caps them. */
  readonly #waiting = new Map<EntryId, Entry>()
  readonly #refused = new CappedMap<EntryId, true>(MAX_REFUSED)
  readonly #unopened = new CappedMap<EntryId, Entry>(MAX_UNOPENED)
  #own: { readonly sequence: number; readonly id: EntryId | undefined } = { sequence: 0, id: undefined }
  #latest: HybridTime = { ms: 0, counter: 0 }
  #entries: Entry[] = []
  #isChanged = false
  #hasForgotten = false
  /** When the log was read again last. */
  #epochCount = 0
  #storedGenerations: number
  #storedHandedOver: number

  private constructor(deps: RoomDeps, room: PrivateRoom, epochs: StoredEpochs, isPurgeDue: boolean) {
    this.#deps = deps
    this.isPurgeDue = isPurgeDue
    this.room = room
    this.#epochs = epochs
    this.#storedGenerations = room.generations().size
    this.#storedHandedOver = room.handedOver().size
  }

  static async load(deps: RoomDeps, control: ControlDeps): Promise<ControlLog> {
    const { store, identity, random, keys, clock } = deps
    const given = await loadControlRecords(store.records)
    if (given === undefined) throw new Error(`this device was never in the room ${keys.roomId}`)
    const { keyPackage, ...more } = given
    const { groupKeys } = control
    const epochs = new StoredEpochs({ keys: groupKeys, random }, await store.records.list(EPOCH_RECORDS))
    const { certificate } = identity
    const device = { id: certificate.device, signingKey: identity.deviceSeed }
    const roomDeps = { keys: groupKeys, random, device, certificate, keyPackage }
    const room = new PrivateRoom(roomDeps, keys.roomId as string as OperationId, { ...more, epochs: epochs.loaded })
    const isPurgeDue = (await store.records.get(UNPURGED.name)) !== undefined
    const log = new ControlLog(deps, room, epochs, isPurgeDue)
    await log.#readStored(store, clock.now())
    control.keys.follow(room)
    return log
  }

  /** Takes in those that open; the number of those that never will, or say what nobody could. */
  async take(entries: readonly StoredEntry[], now: Millis): Promise<number> {
    let isVoid = 0
    for (const entry of entries) {
      if (!isWhole(entry) || isAhead(entry.header.clock, now) || (await this.#isKnown(entry.id))) continue
      isVoid += await this.#take(entry, now)
    }
    // With each removal that is carried out come the keys of what was said under the next generation.
    for (let before = -1; this.#unopened.size > 0 && before !== this.room.generations().size;) {
      before = this.room.generations().size
      for (const entry of [...this.#unopened.values()]) isVoid += await this.#take(entry, now)
    }
    await this.#takeForgotten(now)
    if (this.room.quotas.takeNewWants()) this.#refused.clear()
    return isVoid
  }

  /** Of many commits that wait some are forgotten. When some have come to count since, those may be what they waited for. */
  async #takeForgotten(now: Millis): Promise<void> {
    this.#hasForgotten ||= this.room.takeForgotten()
    if (!this.#hasForgotten || this.room.epochCount === this.#epochCount) return
    this.#hasForgotten = false
    const inOrder = this.#entries.toSorted((a, b) => compareHybridTimes(a.header.clock, b.header.clock))
    await this.#readStored(this.#deps.store, now)
    for (const entry of inOrder) await this.#readAgain(entry, now)
    this.room.takeNews()
    this.#hasForgotten = this.room.takeForgotten()
    this.#epochCount = this.room.epochCount
  }

  isWaiting(id: EntryId): boolean {
    return this.#waiting.has(id) || this.#unopened.has(id) || this.#refused.has(id)
  }

  /** Whether memory is ahead of the store. */
  get isChanged(): boolean {
    return this.#isChanged
  }

  /** Says something of who may do what. @throws NotAllowedError when this device may not */
  async say(action: Exclude<Action, { kind: 'create' }>, more?: Partial<OperationContent>): Promise<OperationId> {
    return this.#write(this.room.say(action, more))
  }

  /** Lets a device in, with what it showed; throws as `say`. */
  async admit(...how: Parameters<PrivateRoom['admit']>): Promise<OperationId> {
    return this.#write(this.room.admit(...how))
  }

  async #write(words: Result<ControlWords>): Promise<OperationId> {
    if (!words.ok) throw new NotAllowedError(`this is not for you to do here: ${words.error}`)
    const entry = await this.#seal(words.value)
    const id = entry.id as string as OperationId
    await this.room.take({ id, device: this.#deps.identity.certificate.device, ...words.value }, this.#deps.clock.now())
    this.#noteNews(entry)
    return id
  }

  /** Makes the group what the log says, if it is not; whether there was something to do. */
  async carryOut(): Promise<boolean> {
    const own = await this.room.carryOut()
    if (own === undefined) return false
    // Under the generation that ends with it: all who are to follow know that one.
    const entry = await this.#seal(own.words)
    await this.room.takeOwn(own, this.#deps.clock.now())
    this.#noteTaken(entry)
    return true
  }

  /** Takes what a member handed over, and what opens by it; whether anything of it was new. */
  async takeHandedOver(handed: Omit<HandedOver, 'groupInfo'>): Promise<boolean> {
    let isNews = false
    // What one generation opens may tell of the removal with which the next began.
    while (this.room.handing.take(handed)) {
      isNews = true
      this.#isChanged = true
      await this.take([], this.#deps.clock.now())
    }
    return isNews
  }

  /** Comes back into the epoch that all go on from, if that is closed to this device and it is a member. */
  async comeBack(groupInfo: Uint8Array): Promise<void> {
    const now = this.#deps.clock.now()
    const own = await this.room.handing.comeBack(groupInfo, now)
    if (own === undefined) return
    await this.room.takeOwn(own, now)
    // Under the generation that it is back in: those who are there need not know the one it was in.
    this.#noteTaken(await this.#seal(own.words))
  }

  /** @throws NotAllowedError when this device may say nothing here */
  expectMaySay(): void {
    const access = this.room.access()
    const { member, device } = this.#deps.identity.certificate
    const self = access.members.get(member)
    if (self === undefined && this.room.memberOf(device) !== undefined)
      throw new NotAllowedError('you are not in this room any more')
    if (self?.revoked.has(device) === true) throw new NotAllowedError('this device was taken out of the room')
    if (access.isClosed) throw new NotAllowedError('this room is closed: nothing is said here any more')
    if (self?.role === 'observer')
      throw new NotAllowedError('you are an observer in this room: you read what others say')
  }

  /**
   * Sees to it that what is sealed now opens for members alone.
   * @throws UnavailableError when this device lacks the keys for now
   */
  async prepareToSeal(): Promise<void> {
    await this.carryOut()
    const isIn = this.room.access().members.has(this.#deps.identity.certificate.member)
    if (!isIn || this.room.sealingEpoch() === undefined) {
      throw new UnavailableError(
        'nobody has handed the keys of this room to this device yet: try again when a member is online'
      )
    }
  }

  /** Erases states of epochs whose time is over. */
  prune(): void {
    const isPruned = this.room.prune(this.#deps.clock.now())
    this.#isChanged ||= isPruned
  }

  /** These entries go from the store: what is to be written with that, for the keys to go that open them alone. */
  dropped(entries: readonly EntryId[]): readonly RecordChange[] {
    if (!this.room.erasing.dropped(entries)) return []
    this.isPurgeDue = true
    return [handedBodiesRecord(this.room.erasing.bodyKeys), UNPURGED]
  }

  eraseKey(epoch: EpochId): void {
    this.room.erasing.erase(epoch)
    this.#isChanged = true
  }

  /** Something of this epoch came which does not open here; whether the key was erased, and is asked for again. */
  miss(epoch: EpochId): boolean {
    const isMissed = this.room.erasing.miss(epoch)
    this.#isChanged ||= isMissed
    return isMissed
  }

  /** What is to be written for the store to hold what memory does; it counts as written from then on. */
  takeChanges(): { readonly entries: readonly Entry[]; readonly records: readonly RecordChange[] } {
    const entries = this.#entries
    this.#entries = []
    if (!this.#isChanged) return { entries, records: [] }
    this.#isChanged = false
    const epochs = this.room.epochs()
    const records = epochs === undefined ? [] : this.#epochs.changes(epochs)
    if (records.some(isErasure)) {
      records.push(UNPURGED)
      this.isPurgeDue = true
    }
    const [generations, handedOver] = [this.room.generations(), this.room.handedOver()]
    if (generations.size !== this.#storedGenerations) records.push(generationsRecord(generations))
    if (handedOver.size !== this.#storedHandedOver) records.push(handedOverRecord(handedOver))
    this.#storedGenerations = generations.size
    this.#storedHandedOver = handedOver.size
    return { entries, records }
  }

  async #readStored(store: EntryStore, now: Millis): Promise<void> {
    for (let from = LOWEST; ;) {
      const items = await store.sets.control.items(from, HIGHEST, LOAD_BATCH)
      for (const entry of await store.load(items.map(({ id }) => id))) {
        await this.#readAgain(entry, now)
      }
      const last = items.at(-1)
      if (last === undefined || items.length < LOAD_BATCH) break
      from = { ms: last.ms, prefix: last.id }
    }
    this.room.takeNews()
  }

  async #readAgain(entry: StoredEntry, now: Millis): Promise<void> {
    const key = this.room.generation(toHex(entry.header.epoch))?.controlKey
    if (!isWhole(entry) || key === undefined) throw new Error(`the stored control entry ${entry.id} does not open`)
    await this.#read(entry, reopenEntry(key, entry), now, true)
  }

  async #isKnown(id: EntryId): Promise<boolean> {
    return this.#waiting.has(id) || this.#entries.some(each => each.id === id) || this.#deps.store.has(id)
  }

  async #take(entry: Entry, now: Millis): Promise<number> {
    const key = this.room.generation(toHex(entry.header.epoch))?.controlKey
    if (key === undefined) {
      this.#unopened.set(entry.id, entry)
      return 0
    }
    this.#unopened.delete(entry.id)
    const { roomId } = this.#deps.keys
    const signedFor = entry.id === (roomId as string) ? NO_ROOM : roomId
    const opened = await openEntry({ roomId: signedFor, contentKey: key }, entry)
    if (!opened.ok) return 1
    // How a later version signs it may be right.
    if (opened.value === 'newer') return 0
    const taken = await this.#read(entry, opened.value, now)
    if (taken === 'waits') this.#waiting.set(entry.id, entry)
    if (taken === 'full') this.#refused.set(entry.id, true)
    this.#noteNews(entry)
    return taken === 'void' ? 1 : 0
  }

  #read(entry: Entry, { device, sequence, kind, content }: OpenedBody, now: Millis, isStored = false) {
    if (compareHybridTimes(entry.header.clock, this.#latest) > 0) this.#latest = entry.header.clock
    if (device === this.#deps.identity.certificate.device && sequence > this.#own.sequence) {
      this.#own = { sequence, id: entry.id }
    }
    return this.room.take({ id: entry.id as string as OperationId, device, kind, content }, now, isStored)
  }

  /** With this entry those may have been taken in that waited for it. */
  #noteNews(entry: Entry): void {
    for (const id of this.room.takeNews() as string[] as EntryId[]) {
      const came = id === entry.id ? entry : this.#waiting.get(id)
      this.#waiting.delete(id)
      if (came !== undefined) this.#noteTaken(came)
    }
    // What came to nothing, or was pushed out, is not waited for.
    for (const id of this.#waiting.keys()) {
      if (!this.room.isWaiting(id as string as OperationId)) this.#waiting.delete(id)
    }
  }

  #noteTaken(entry: Entry): void {
    this.#entries.push(entry)
    // Who has a place follows from who is in.
    this.#refused.clear()
    this.#isChanged = true
  }

  async #seal(words: ControlWords): Promise<Entry> {
    const { keys, identity, random, clock } = this.#deps
    const [generation] = this.room.meetingGenerations(clock.now())
    if (generation === undefined) throw new Error('a room without a generation')
    const time = nextHybridTime(clock.now(), [this.#latest])
    const place = { roomId: keys.roomId, time, sequence: this.#own.sequence + 1, previous: this.#own.id }
    const entry = await sealControl({ deviceKey: identity.deviceKey, random }, generation, place, words)
    this.#own = { sequence: place.sequence, id: entry.id }
    this.#latest = time
    return entry
  }
}
