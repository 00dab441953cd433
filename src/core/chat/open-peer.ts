import {
  errorMessage,
  success,
  UnavailableError,
  UsageError,
  type Clock,
  type Millis,
  type RandomBytes
} from '../bytes/index.ts'
import { loadGroupKeys, openRoom, PrivateRoomKeys, type NamedRoom, type RoomId } from '../encryption/index.ts'
import { foldCase, parseNickname, type DisplayName, type Identity } from '../identity/index.ts'
import type { EntryId, Storage } from '../log/index.ts'
import type { IceReport, Network, NetworkEvent, PeerId } from '../network/index.ts'
import { keyName } from './room/devices.ts'
import { FOREVER } from './room/retention.ts'
import { serveRooms } from './online/serve-rooms.ts'
import { loadIdentity, loadNick, renewDevice, saveNick } from './identity-record.ts'
import { decodeLink, encodeOpenRoomLink, type JoinLink } from './invite-link.ts'
import { JoinHost } from './joining/join-host.ts'
import { Joins } from './joins.ts'
import { KeeperAsks, wantedRoom, type WantedRoom } from './keeper/keeper-asks.ts'
import { KeptPeers } from './kept-peers.ts'
import { linkAddresses } from './link-addresses.ts'
import { Listeners } from './listeners.ts'
import { OwnPrivateRooms } from './own-private-rooms.ts'
import { LiveRoom } from './live-room.ts'
import { peerEventOf } from './network-event.ts'
import type { MemberSummary, Message, Peer, PeerEvent, PeerStatus, RoomSummary, Taken } from './peer.ts'
import type { PrivateRooms } from './private-rooms.ts'
import {
  deleteRoomRecord,
  isPending,
  loadRoomRecords,
  saveRoomRecord,
  withRemembered,
  type RoomRecord
} from './room-records.ts'
import { isPolicy, parsePolicy, parseRoomSetting } from './room-settings.ts'
import { reportPeers } from './peer-reports.ts'
import { Serial } from './serial.ts'
import { Takers } from './takers.ts'
import { TalkTimes } from './talk-times.ts'
import { Unanswered } from './unanswered.ts'

export interface PeerDeps {
  readonly storage: Storage
  readonly clock: Clock
  readonly random: RandomBytes
  /** When the user started the program, or opened the page; now, by default. */
  readonly startedAt?: Millis
}

/** Messages that `messages` returns when it is not told how many. */
const DEFAULT_LIMIT = 50
const WHAT_IT_TAKES =
  'It takes one member who is online and has a public address, is in your own network, or meets you at a relay that you both use. Still trying.'
const COPIED_WORDS =
  'The data of this device was restored from a copy, or is used in two places: start Starling anew (or reload its page), and it becomes a new device of yours.'

/** Opens this device's identity and rooms from its store; the network is added by `goOnline`. */
export async function openPeer(deps: PeerDeps): Promise<Peer> {
  const { records } = deps.storage
  const identity = await loadIdentity(records, deps.clock, deps.random)
  const peer = new LocalPeer(deps, identity, await loadNick(records))
  for (const record of await loadRoomRecords(records)) await peer.restore(record)
  return peer
}

interface Online {
  readonly network: Network
  readonly host: JoinHost
  readonly kept: KeptPeers
  readonly asks: KeeperAsks
  readonly ends: readonly (() => void)[]
}

class LocalPeer implements Peer {
  readonly privateRooms: PrivateRooms
  readonly #deps: PeerDeps
  readonly #identity: Identity
  readonly #events = new Listeners<PeerEvent>()
  readonly #rooms = new Map<RoomId, { live: LiveRoom; record: RoomRecord }>()
  readonly #changes = new Serial()
  readonly #silence: Unanswered
  readonly #talk = new TalkTimes()
  readonly #joins: Joins
  readonly #takers: Takers
  #nick: DisplayName | undefined
  #online: Online | undefined
  #stopping: Promise<void> | undefined
  #isCopy = false

  constructor(deps: PeerDeps, identity: Identity, nick: DisplayName | undefined) {
    this.#deps = deps
    this.#silence = new Unanswered(deps.clock)
    this.#identity = identity
    this.#nick = nick
    this.#takers = new Takers(() => this.#live(), this.#events)
    const { storage } = deps
    this.#joins = new Joins({
      ...deps,
      identity,
      nick: () => this.#shownNick(),
      events: this.#events,
      save: record => saveRoomRecord(storage.records, record),
      enter: async record => void (await this.#enterPrivate(record))
    })
    this.privateRooms = new OwnPrivateRooms({
      ...deps,
      identity,
      joins: this.#joins,
      find: reference => this.#find(reference).live,
      rooms: () => this.#live(),
      summary: reference => this.findRoom(reference),
      enter: record => this.#enterPrivate(record),
      addresses: () => linkAddresses(this.#online?.network.addresses() ?? [])
    })
    this.#events.listen(event => {
      this.#noteTalk(event)
      if (event.event === 'room') this.#online?.host.changed()
    })
  }

  me(): { member: string; device: string; nick: string; named: boolean } {
    const { member, device } = this.#identity.certificate
    return { member, device, nick: this.#shownNick(), named: this.#nick !== undefined }
  }

  async rename(text: string): Promise<void> {
    const nick = parseNickname(text)
    if (!nick.ok) throw new UsageError(nick.error)
    await saveNick(this.#deps.storage.records, nick.value)
    this.#nick = nick.value
    for (const { live } of this.#rooms.values()) live.link?.greetAll()
  }

  joinOpenRoom(name: string, addresses: readonly string[] = []): Promise<RoomSummary> {
    return this.#enter(name, addresses, this.#deps.clock.now())
  }

  async joinByLink(text: string, openedAt = this.#deps.clock.now()): Promise<RoomSummary> {
    const link = decodeLink(text, this.#deps.clock.now())
    if (!link.ok) throw new UsageError(link.error)
    if (link.value.kind === 'join') return this.#joinPrivate(text, link.value, openedAt)
    return this.#enter(link.value.name, link.value.addresses, openedAt)
  }

  findRoom(reference: string): RoomSummary {
    const all = this.rooms()
    const named = openRoom(reference)
    const open = named.ok ? all.filter(({ id }) => id === named.value.roomId) : []
    const called = all.filter(({ kind, name }) => kind === 'private' && foldCase(name) === foldCase(reference.trim()))
    const byName = [...open, ...called]
    const byId = /^[0-9a-f]+$/.test(reference) ? all.filter(({ id }) => id.startsWith(reference)) : []
    const [room, another] = byName.length > 0 ? byName : byId
    if (another !== undefined) throw new UsageError(`more than one room is ${reference}: give more of its id`)
    if (room === undefined)
      throw new UsageError(`there is no room ${JSON.stringify(reference)} here: see \`room list\``)
    return room
  }

  rooms(): RoomSummary[] {
    const live = this.#live().filter(({ keys }) => !this.#joins.has(keys.roomId))
    return [...live.map(each => this.#summary(each)), ...this.#joins.summaries()]
  }

  leaveRoom(reference: string): Promise<void> {
    const { id } = this.findRoom(reference)
    return this.#changes.run(async () => {
      if (this.#joins.has(id)) return this.#stopJoining(id as RoomId)
      const { live, record } = this.#find(id)
      await live.membership?.leave()
      const { roomId } = live.keys
      this.#rooms.delete(roomId)
      await live.close()
      this.#talk.left(roomId)
      const others = new Set([...this.#rooms.values()].flatMap(each => each.record.remembered.map(({ peer }) => peer)))
      for (const { peer } of record.remembered) if (!others.has(peer)) this.#online?.kept.release(peer)
      await deleteRoomRecord(this.#deps.storage.records, roomId)
      this.#events.emit({ event: 'room', room: roomId, change: 'left' })
    })
  }

  setRoom(reference: string, key: string, value: string): Promise<RoomSummary> {
    return this.#changes.run(async () => {
      const { live, record } = this.#find(reference)
      if (live.membership !== undefined && isPolicy(key)) {
        await live.membership.setPolicy(parsePolicy(key, value))
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

  async inviteLink(reference: string, webAddress?: string): Promise<string> {
    const { keys, membership } = this.#find(reference).live
    if (membership !== undefined) return this.privateRooms.invite(reference, {}, webAddress)
    const addresses = linkAddresses(this.#online?.network.addresses() ?? [])
    return encodeOpenRoomLink({ name: keys.name, addresses }, webAddress)
  }

  async send(reference: string, text: string): Promise<{ id: string }> {
    return { id: await this.#find(reference).live.send(text) }
  }

  edit(reference: string, message: string, text: string): Promise<string> {
    return this.#find(reference).live.edit(message, text)
  }

  deleteMessage(reference: string, message: string): Promise<string> {
    return this.#find(reference).live.delete(message)
  }

  async waitForDelivery(id: string, count: number, signal: AbortSignal): Promise<number> {
    return this.#takers.waitForMembers(id, count, signal)
  }

  async waitForTaker(id: string, signal: AbortSignal): Promise<Taken> {
    return this.#takers.waitForAny(id, signal)
  }

  async takersOf(id: string): Promise<Taken> {
    return this.#takers.of(id)
  }

  async messages(reference: string, options: { limit?: number; before?: string } = {}): Promise<Message[]> {
    return this.#find(reference).live.messages(options.limit ?? DEFAULT_LIMIT, options.before as EntryId | undefined)
  }

  async members(reference: string): Promise<MemberSummary[]> {
    return this.#find(reference).live.members()
  }

  async markRead(reference: string): Promise<void> {
    await this.#find(reference).live.markRead()
  }

  status(): PeerStatus {
    const network = this.#online?.network
    return {
      peer: network?.self,
      rooms: this.rooms(),
      peers: network === undefined ? [] : reportPeers(network, peer => this.#nicksAt(peer)),
      relays: network?.relays().map(({ peer, address }) => ({ peer, address })) ?? []
    }
  }

  async ice(peer: string): Promise<IceReport | undefined> {
    return this.#online?.network.figures?.ice(peer as PeerId)
  }

  listen(listener: (event: PeerEvent) => void): () => void {
    return this.#events.listen(listener)
  }

  async goOnline(network: Network): Promise<void> {
    if (this.#online !== undefined) throw new Error('this peer is online already')
    const { random, clock } = this.#deps
    const ends = [
      network.listen(event => this.#networkEvent(event)),
      serveRooms(network, {
        random,
        clock,
        links: () => [...this.#rooms.values()].flatMap(({ live }) => live.link ?? [])
      })
    ]
    const asks = new KeeperAsks({ network, clock, rooms: () => this.#roomsToKeep() })
    const admissions = () => this.#live().flatMap(({ admission }) => admission ?? [])
    const host = new JoinHost({ network, clock, random, rooms: admissions })
    const kept = new KeptPeers(network, peer => this.#unanswered(peer))
    this.#online = { network, host, kept, asks, ends }
    this.#joins.goOnline(network)
    for (const { live, record } of this.#rooms.values()) this.#connect(live, record)
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  /** Brings back a room of an earlier run. */
  async restore(record: RoomRecord): Promise<void> {
    if (isPending(record)) return this.#joins.restore(record)
    const keys = record.kind === 'private' ? success(this.#privateKeys(record)) : openRoom(record.name)
    if (!keys.ok) return
    this.#talk.entered(record.id, this.#deps.startedAt ?? this.#deps.clock.now())
    await this.#load(keys.value, record)
  }

  async #enter(name: string, addresses: readonly string[], since: Millis): Promise<RoomSummary> {
    const keys = openRoom(name)
    if (!keys.ok) throw new UsageError(keys.error)
    return this.#changes.run(() => {
      this.#talk.entered(keys.value.roomId, since)
      return this.#join(keys.value, addresses)
    })
  }

  async #joinPrivate(text: string, link: JoinLink, since: Millis): Promise<RoomSummary> {
    const known = this.#rooms.get(link.roomId)
    if (known !== undefined && known.live.summary().ended === undefined) return this.#summary(known.live)
    this.#talk.entered(link.roomId, since)
    return this.#joins.begin(text, link)
  }

  async #stopJoining(id: RoomId): Promise<void> {
    this.#joins.forget(id)
    await deleteRoomRecord(this.#deps.storage.records, id)
    this.#events.emit({ event: 'room', room: id, change: 'left' })
  }

  #enterPrivate(record: RoomRecord): Promise<RoomSummary> {
    return this.#changes.run(async () => {
      await this.#rooms.get(record.id)?.live.close()
      await saveRoomRecord(this.#deps.storage.records, record)
      const live = await this.#load(this.#privateKeys(record), record)
      this.#connect(live, record)
      this.#events.emit({ event: 'room', room: record.id, change: 'joined' })
      return this.#summary(live)
    })
  }

  #privateKeys({ id, name }: RoomRecord): PrivateRoomKeys {
    return new PrivateRoomKeys(id, name as DisplayName, this.#deps.clock)
  }

  #live(): LiveRoom[] {
    return [...this.#rooms.values()].map(({ live }) => live)
  }

  async #join(keys: NamedRoom, addresses: readonly string[]): Promise<RoomSummary> {
    const known = this.#rooms.get(keys.roomId)
    const invited = addresses.map(address => ({
      peer: address.slice(address.lastIndexOf('/') + 1),
      addresses: [address]
    }))
    const base = known?.record ?? { id: keys.roomId, name: keys.name, remembered: [] }
    const record = invited.reduce(withRemembered, base)
    await saveRoomRecord(this.#deps.storage.records, record)
    const live = known?.live ?? (await this.#load(keys, record))
    this.#rooms.set(keys.roomId, { live, record })
    this.#connect(live, record)
    if (known === undefined) this.#events.emit({ event: 'room', room: keys.roomId, change: 'joined' })
    return this.#summary(live)
  }

  async #load(keys: NamedRoom, record: RoomRecord): Promise<LiveRoom> {
    const live = await LiveRoom.load({
      ...this.#deps,
      keys,
      ...(keys instanceof PrivateRoomKeys && { control: { keys, groupKeys: await loadGroupKeys() } }),
      ...(record.since !== undefined && { since: record.since }),
      store: this.#deps.storage.room(keys.roomId),
      identity: this.#identity,
      events: this.#events,
      nick: () => this.#shownNick(),
      retention: () => this.#rooms.get(keys.roomId)?.record.retention ?? record.retention ?? FOREVER,
      met: (room, peer) => {
        this.#silence.met(room.roomId, peer)
        this.#remember(room.roomId, peer as PeerId)
      },
      foundCopy: () => this.#becomeNewDevice()
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
    const toTalk = this.#talk.of(live.keys.roomId)
    return { ...live.summary(), ...(toTalk !== undefined && { toTalk }) }
  }

  #nicksAt(peer: PeerId): string[] {
    return [...new Set([...this.#rooms.values()].flatMap(({ live }) => live.nickAt(peer) ?? []))]
  }

  #noteTalk(event: PeerEvent): void {
    if (event.event === 'message' && event.author !== this.#identity.certificate.member) {
      this.#talk.exchanged(event.room, this.#deps.clock.now())
    }
    if (event.event !== 'delivered' || event.to === 0) return
    for (const [room, { live }] of this.#rooms) {
      if (live.own.deliveryOf(event.id as EntryId) !== undefined) this.#talk.exchanged(room, this.#deps.clock.now())
    }
  }

  #roomsToKeep(): WantedRoom[] {
    const wanted = [...this.#rooms.values()].filter(({ record }) => record.keepers ?? true)
    return wanted.map(({ live }) => wantedRoom(live))
  }

  /** Remembers the addresses of a member met, and keeps up the connection. */
  #remember(room: RoomId, peer: PeerId): void {
    const remembering = this.#changes.run(async () => {
      const addresses = (await this.#online?.network.addressesOf(peer)) ?? []
      const known = this.#rooms.get(room)
      if (known === undefined || this.#online === undefined || addresses.length === 0) return
      const remembered = known.record.remembered.find(each => each.peer === peer)
      if (remembered?.addresses.join() === addresses.join()) return
      const record = withRemembered(known.record, { peer, addresses })
      this.#rooms.set(room, { ...known, record })
      this.#online.kept.keep({ peer, addresses })
      await saveRoomRecord(this.#deps.storage.records, record)
    })
    remembering.catch((thrown: unknown) => {
      this.#events.emit({ event: 'warning', code: 'not-stored', text: errorMessage(thrown) })
    })
  }

  /** Nobody answers where this peer was: who is alone in a room because of that is told what it takes. */
  #unanswered(peer: string): void {
    this.#silence.failed(peer)
    for (const [id, { live, record }] of this.#rooms) {
      const known = record.remembered.map(each => each.peer)
      if (!known.includes(peer) || live.isAmongOthers || !this.#silence.isNews(id, known)) continue
      this.#events.emit({
        event: 'warning',
        code: 'members-unreachable',
        room: id,
        text: `Nobody known in ${record.name} answers. ${WHAT_IT_TAKES}`
      })
    }
  }

  /** An entry of this device came from outside: its data is a copy, restored or running twice. */
  #becomeNewDevice(): void {
    if (this.#isCopy) return
    this.#isCopy = true
    this.#events.emit({ event: 'warning', code: 'data-copied', text: COPIED_WORDS })
    renewDevice(this.#deps.storage.records).catch((thrown: unknown) => {
      this.#isCopy = false
      this.#events.emit({ event: 'warning', code: 'not-stored', text: errorMessage(thrown) })
    })
  }

  #networkEvent(event: NetworkEvent): void {
    const shown = peerEventOf(event)
    if (shown !== undefined) this.#events.emit(shown)
  }

  #find(reference: string): { live: LiveRoom; record: RoomRecord } {
    const { id } = this.findRoom(reference)
    const room = this.#rooms.get(id as RoomId)
    if (room === undefined)
      throw new UnavailableError('nobody has let you into this room yet: it takes a member who is online')
    return room
  }

  #shownNick(): DisplayName {
    return this.#nick ?? (keyName(this.#identity.certificate.member) as DisplayName)
  }

  async #stop(): Promise<void> {
    const online = this.#online
    this.#online = undefined
    for (const { live } of this.#rooms.values()) live.goOffline()
    online?.kept.stop()
    online?.asks.stop()
    online?.host.stop()
    this.#joins.stop()
    for (const end of online?.ends ?? []) end()
    await online?.network.stop()
    await this.#changes.run(async () => undefined)
    await this.#deps.storage.close()
  }
}
