import {
  errorMessage,
  NotAllowedError,
  success,
  UnavailableError,
  UsageError,
  type Clock,
  type Millis,
  type RandomBytes
} from '../bytes/index.ts'
import { loadGroupKeys, openRoom, PrivateRoomKeys, type NamedRoom, type RoomId } from '../encryption/index.ts'
import type { DisplayName, Identity } from '../identity/index.ts'
import type { EntryId, Storage } from '../log/index.ts'
import type { Network, PeerId } from '../network/index.ts'
import { directOf, mineOf, shownDirect } from './direct/direct-of.ts'
import { DirectRequests } from './direct/direct-requests.ts'
import { noteLeft, noteRefused } from './direct/ended-conversations.ts'
import { GivenWay } from './direct/given-way.ts'
import { findSummary } from './find-summary.ts'
import { forgetRoom, goOnForgetting, leftRoom } from './forget-room.ts'
import { whenCopied } from './found-copy.ts'
import { groupOf } from './group-of.ts'
import type { JoinLink } from './invite-link.ts'
import type { Admitted } from './joining/join-attempt.ts'
import { Joins } from './joins.ts'
import { wantedRoom, type WantedRoom } from './keeper/keeper-asks.ts'
import type { Listeners } from './listeners.ts'
import { LiveRoom } from './live-room.ts'
import type { PeerEvent, RoomSummary } from './peer.ts'
import {
  deleteRoomRecord,
  emptyRecord,
  isDirect,
  isPending,
  saveRoomRecord,
  withAddresses,
  withRemembered,
  type DirectRecord,
  type DirectRoom,
  type RoomRecord
} from './room-records.ts'
import { admittedRecords, hasBeenIn } from './room/control-records.ts'
import { FOREVER } from './room/retention.ts'
import { isPolicy, parsePolicy, parseRoomSetting } from './room-settings.ts'
import { RoomsOnline } from './rooms-online.ts'
import { Serial } from './serial.ts'
import { TalkTimes } from './talk-times.ts'
import { Unanswered } from './unanswered.ts'

export interface OwnRoomsDeps {
  readonly storage: Storage
  readonly clock: Clock
  readonly random: RandomBytes
  readonly startedAt?: Millis
  readonly identity: Identity
  readonly events: Listeners<PeerEvent>
  readonly nick: () => DisplayName
}

interface OwnRoom {
  readonly live: LiveRoom
  readonly record: RoomRecord
}

/** The rooms that this device is in, or asks to be let into. */
export class OwnRooms {
  readonly joins: Joins
  readonly requests = new DirectRequests()
  readonly givenWay = new GivenWay()
  readonly #deps: OwnRoomsDeps
  readonly #rooms = new Map<RoomId, OwnRoom>()
  readonly #changes = new Serial()
  readonly #silence: Unanswered
  readonly #talk = new TalkTimes()
  readonly #foundCopy: () => void
  #online: RoomsOnline | undefined

  constructor(deps: OwnRoomsDeps) {
    const { storage, clock, events } = deps
    this.#deps = deps
    this.#silence = new Unanswered(clock, events)
    this.#foundCopy = whenCopied(storage.records, events)
    this.joins = new Joins({
      ...deps,
      save: record => saveRoomRecord(storage.records, record),
      enter: async (record, given) => void (await this.enterPrivate(record, given)),
      secretsOf: room => this.#rooms.get(room)?.live.membership?.secretsIn() ?? [],
      noteReturning: (room, returning) => this.#amend(room, { returning })
    })
    events.listen(event => {
      this.#noteTalk(event)
      if (event.event !== 'room') return
      this.#online?.host.changed()
      this.#noteReturned(event.room as RoomId)
    })
  }

  live(): LiveRoom[] {
    return [...this.#rooms.values()].map(({ live }) => live)
  }

  /** Those among them that are direct conversations. */
  directs(): { readonly live: LiveRoom; readonly record: DirectRoom }[] {
    return [...this.#rooms.values()].flatMap(room => {
      const direct = directOf(room)
      return direct === undefined ? [] : [{ live: room.live, record: { ...room.record, direct } }]
    })
  }

  summaries(): RoomSummary[] {
    const live = this.live().filter(({ keys }) => !this.joins.has(keys.roomId))
    const mine = new Set<string | undefined>(mineOf(this.directs()))
    // One that gives way to the other's is shown until that is entered.
    const joining = this.joins.summaries().filter(({ direct }) => direct === undefined || !mine.has(direct))
    return [...live.map(each => this.#summary(each)), ...joining, ...this.requests.summaries()]
  }

  summaryOf(reference: string): RoomSummary {
    return findSummary(this.summaries(), this.givenWay.latest(reference))
  }

  /** One that this device is in. @throws UsageError, or UnavailableError where nobody has let it in yet */
  find(reference: string): OwnRoom {
    const { id } = this.summaryOf(reference)
    const [room, request] = [this.#rooms.get(id as RoomId), this.requests.get(id)]
    if (request !== undefined)
      throw new NotAllowedError(`${request.direct.nick} waits for your answer: \`dm\` accepts, \`room leave\` refuses`)
    if (room === undefined)
      throw new UnavailableError('nobody has let you into this room yet: it takes a member who is online')
    return room
  }

  /** Brings back a room of an earlier run. */
  async restore(record: RoomRecord): Promise<void> {
    if (record.erasing !== undefined) return goOnForgetting(this.#deps.storage, record)
    if (isDirect(record) && record.direct.isRequest) return this.requests.add(record)
    if (isPending(record)) return this.joins.restore(record)
    const keys = record.kind === 'private' ? success(this.#privateKeys(record)) : openRoom(record.name)
    if (!keys.ok) return
    this.#talk.entered(record.id, this.#deps.startedAt ?? this.#deps.clock.now())
    await this.#load(keys.value, record)
    this.joins.restore(record)
    this.#noteReturned(record.id)
  }

  /** Comes into the open room of this name, by these members' addresses. */
  async enterOpen(name: string, addresses: readonly string[], since: Millis): Promise<RoomSummary> {
    const keys = openRoom(name)
    if (!keys.ok) throw new UsageError(keys.error)
    return this.#changes.run(() => {
      this.#talk.entered(keys.value.roomId, since)
      return this.#join(keys.value, addresses)
    })
  }

  /** Asks to be let into a private room; or for the way back into one that is here, where this device is out or does not know the invite. */
  async joinPrivate(text: string, link: JoinLink, since: Millis, direct?: DirectRecord): Promise<RoomSummary> {
    const live = this.#rooms.get(link.roomId)?.live
    const { ended, joining } = live?.summary() ?? {}
    // Whoever let it in may have told nobody: then it stays outside until somebody else does.
    const isOutside = live === undefined || joining !== undefined
    if (isOutside || ended !== undefined) this.#talk.entered(link.roomId, since)
    if (isOutside || (ended !== undefined && direct !== undefined)) return this.joins.begin(text, link, direct)
    const asks = ended !== undefined || live.membership?.isToReturnBy(link.invite) === true
    if (direct === undefined && asks) await this.joins.beginReturn(text, link)
    return this.#summary(live)
  }

  /** Is in a private room from now on, of which the store has all that it takes. */
  enterPrivate(entered: RoomRecord, given?: Admitted): Promise<RoomSummary> {
    return this.#changes.run(async () => {
      const { storage } = this.#deps
      const known = this.#rooms.get(entered.id)
      const record = known?.record ?? entered
      this.#talk.entered(record.id, this.#deps.clock.now())
      await known?.live.close()
      const store = storage.room(record.id)
      if (given !== undefined) await store.commit({ records: await admittedRecords(store.records, given) })
      await saveRoomRecord(storage.records, record)
      const live = await this.#load(this.#privateKeys(record), record)
      this.#connect(live, record)
      this.#deps.events.emit({ event: 'room', room: record.id, change: 'joined' })
      return this.#summary(live)
    })
  }

  leave(reference: string): Promise<void> {
    const { id, name } = this.summaryOf(reference)
    return this.drop(id as RoomId, name)
  }

  /** The same by the id, also of one that gave way. @param leftAs by which it is found to be forgotten */
  drop(id: RoomId, leftAs?: string): Promise<void> {
    return this.#changes.run(() => this.#leave(id, () => deleteRoomRecord(this.#deps.storage.records, id, leftAs)))
  }

  /** Leaves a room, or did so before, and erases all that is stored of it. */
  async forget(reference: string): Promise<RoomId> {
    const { storage, identity } = this.#deps
    const erase = (record: RoomRecord): Promise<void> => forgetRoom(storage, identity.certificate.device, record)
    return this.#changes.run(async () => {
      const left = await leftRoom(storage, identity.certificate.device, this.summaries(), reference)
      const id = left ?? (this.summaryOf(reference).id as RoomId)
      await (left === undefined ? this.#leave(id, erase) : erase(emptyRecord(id)))
      return id
    })
  }

  /** One that this device is in, was in, or asks to come into. @param remember notes in the store that this device is out */
  async #leave(id: RoomId, remember: (record: RoomRecord) => Promise<void>): Promise<void> {
    // The letter may wait at a keeper still.
    const refused = this.requests.get(id)?.direct.member ?? this.joins.directOf(id)?.member
    if (refused !== undefined) await noteRefused(this.#deps.storage.records, refused, true)
    this.joins.forget(id)
    this.requests.delete(id)
    const known = this.#rooms.get(id)
    if (known !== undefined) await this.#end(id, known)
    await remember(known?.record ?? emptyRecord(id))
    this.#deps.events.emit({ event: 'room', room: id, change: 'left' })
  }

  async #end(id: RoomId, room: OwnRoom): Promise<void> {
    const { live, record } = room
    const direct = directOf(room)
    if (direct !== undefined) await noteLeft(this.#deps.storage.records, id, direct.member)
    await live.membership?.leave()
    if (live.membership !== undefined) await live.link?.syncs.handOnAtLast(live.link.keepers)
    this.#rooms.delete(id)
    await live.close()
    this.#talk.left(id)
    const others = new Set([...this.#rooms.values()].flatMap(each => each.record.remembered.map(({ peer }) => peer)))
    for (const { peer } of record.remembered) if (!others.has(peer)) this.#online?.kept.release(peer)
  }

  set(reference: string, key: string, value: string): Promise<RoomSummary> {
    return this.#changes.run(async () => {
      const { live, record } = this.find(reference)
      if (live.membership !== undefined && isPolicy(key)) {
        await groupOf(live).setPolicy(parsePolicy(key, value))
        return this.#summary(live)
      }
      const next = { ...record, ...parseRoomSetting(key, value) }
      await saveRoomRecord(this.#deps.storage.records, next)
      this.#rooms.set(record.id, { live, record: next })
      this.#online?.asks.look()
      await live.retain()
      return this.#summary(live)
    })
  }

  /** Keeps what has changed of a direct conversation. */
  saveDirect(id: RoomId, direct: DirectRecord): Promise<void> {
    return this.#amend(id, { direct })
  }

  #amend(id: RoomId, change: Pick<RoomRecord, 'direct' | 'returning'>): Promise<void> {
    return this.#changes.run(async () => {
      const known = this.#rooms.get(id)
      if (known === undefined) return
      const record = { ...known.record, ...change }
      await saveRoomRecord(this.#deps.storage.records, record)
      this.#rooms.set(id, { ...known, record })
    })
  }

  nicksAt(peer: PeerId): string[] {
    return [...new Set([...this.#rooms.values()].flatMap(({ live }) => live.nickAt(peer) ?? []))]
  }

  toKeep(): WantedRoom[] {
    return [...this.#rooms.values()].flatMap(({ live, record }) => ((record.keepers ?? true) ? wantedRoom(live) : []))
  }

  goOnline(network: Network): void {
    this.#online = new RoomsOnline(network, {
      ...this.#deps,
      rooms: () => this.live(),
      known: () => this.#rooms.values(),
      toKeep: () => this.toKeep(),
      failed: peer => this.#silence.failed(peer, this.#rooms.values())
    })
    this.joins.goOnline(network)
    for (const { live, record } of this.#rooms.values()) this.#connect(live, record)
  }

  goOffline(): void {
    const online = this.#online
    this.#online = undefined
    for (const live of this.live()) live.goOffline()
    online?.stop()
    this.joins.stop()
  }

  /** For good; resolves when what was begun is stored: another may then work on the same store. */
  async close(): Promise<void> {
    await this.#changes.run(async () => undefined)
    await Promise.all(this.live().map(live => live.close()))
  }

  /** Of a room that this device is not in: nobody, and nothing, waits for it any more. */
  async stopAsking(id: RoomId): Promise<void> {
    this.joins.forget(id)
    this.requests.delete(id)
    const { storage } = this.#deps
    await deleteRoomRecord(storage.records, id)
    // What it asked with.
    if (!(await hasBeenIn(storage.room(id).records))) await storage.forget(id)
    this.#deps.events.emit({ event: 'room', room: id, change: 'left' })
  }

  #privateKeys({ id, name }: RoomRecord): PrivateRoomKeys {
    return new PrivateRoomKeys(id, name as DisplayName, this.#deps.clock)
  }

  async #join(keys: NamedRoom, addresses: readonly string[]): Promise<RoomSummary> {
    const known = this.#rooms.get(keys.roomId)
    const base = known?.record ?? { id: keys.roomId, name: keys.name, remembered: [] }
    const record = withAddresses(base, addresses)
    await saveRoomRecord(this.#deps.storage.records, record)
    const live = known?.live ?? (await this.#load(keys, record))
    this.#rooms.set(keys.roomId, { live, record })
    this.#connect(live, record)
    if (known === undefined) this.#deps.events.emit({ event: 'room', room: keys.roomId, change: 'joined' })
    return this.#summary(live)
  }

  async #load(keys: NamedRoom, record: RoomRecord): Promise<LiveRoom> {
    const live = await LiveRoom.load({
      ...this.#deps,
      keys,
      ...(keys instanceof PrivateRoomKeys && { control: { keys, groupKeys: await loadGroupKeys() } }),
      ...(record.since !== undefined && { since: record.since }),
      store: this.#deps.storage.room(keys.roomId),
      nick: () => this.#deps.nick(),
      retention: () => this.#rooms.get(keys.roomId)?.record.retention ?? record.retention ?? FOREVER,
      met: (room, peer) => {
        this.#silence.met(room.roomId, peer)
        this.#remember(room.roomId, peer as PeerId)
      },
      foundCopy: this.#foundCopy
    })
    this.#rooms.set(keys.roomId, { live, record })
    return live
  }

  #connect(live: LiveRoom, record: RoomRecord): void {
    if (this.#online === undefined) return
    live.goOnline(this.#online.network)
    for (const peer of record.remembered.toReversed()) this.#online.kept.keep(peer)
    this.#online.asks.look()
  }

  #summary(live: LiveRoom): RoomSummary {
    const { roomId } = live.keys
    const [room, toTalk, apart] = [this.#rooms.get(roomId), this.#talk.of(roomId), this.#online?.apart.of(live)]
    const direct = room && shownDirect(live, directOf(room))
    const returning = this.joins.returningTo(roomId)
    return { ...live.summary(), ...apart, ...direct, ...returning, ...(toTalk !== undefined && { toTalk }) }
  }

  /** Who asks for the way back is there once the room's log here has the invite, however that came. */
  #noteReturned(id: RoomId): void {
    const [returns, membership] = [this.joins.returnsTo(id), this.#rooms.get(id)?.live.membership]
    if (returns === undefined || membership?.knows(returns.by) !== true) return
    if (membership.summary().ended !== undefined) return
    this.joins.forget(id)
    if (returns.isIn) membership.tellIfLetIn()
    this.#deps.events.emit({ event: 'room', room: id, change: 'joined' })
    this.#amend(id, { returning: undefined }).catch((thrown: unknown) => this.#tellNotStored(thrown))
  }

  #tellNotStored(thrown: unknown): void {
    this.#deps.events.emit({ event: 'warning', code: 'not-stored', text: errorMessage(thrown) })
  }

  #noteTalk(event: PeerEvent): void {
    if (event.event === 'message' && event.author !== this.#deps.identity.certificate.member) {
      this.#talk.exchanged(event.room, this.#deps.clock.now())
    }
    if (event.event !== 'delivered' || event.to === 0) return
    for (const [room, { live }] of this.#rooms) {
      if (live.own.deliveryOf(event.id as EntryId) !== undefined) this.#talk.exchanged(room, this.#deps.clock.now())
    }
  }

  /** Remembers the addresses of a member met, and keeps up the connection. */
  #remember(room: RoomId, peer: PeerId): void {
    const remembering = this.#changes.run(async () => {
      const addresses = (await this.#online?.network.addressesOf(peer)) ?? []
      const known = this.#rooms.get(room)
      if (known === undefined || this.#online === undefined || addresses.length === 0) return
      if (known.record.remembered.find(each => each.peer === peer)?.addresses.join() === addresses.join()) return
      const record = withRemembered(known.record, { peer, addresses })
      this.#rooms.set(room, { ...known, record })
      this.#online.kept.keep({ peer, addresses })
      await saveRoomRecord(this.#deps.storage.records, record)
    })
    remembering.catch((thrown: unknown) => this.#tellNotStored(thrown))
  }
}
