import { NotAllowedError, UsageError, type Clock, type Millis, type RandomBytes } from '../bytes/index.ts'
import { parseNickname, type DisplayName, type Identity } from '../identity/index.ts'
import type { EntryId, Storage } from '../log/index.ts'
import type { IceReport, Network, NetworkEvent, PeerId } from '../network/index.ts'
import { DirectRooms } from './direct/direct-rooms.ts'
import { loadIdentity, loadNick, saveNick } from './identity-record.ts'
import { decodeLink, encodeOpenRoomLink } from './invite-link.ts'
import { linkAddresses } from './link-addresses.ts'
import { Listeners } from './listeners.ts'
import { peerEventOf } from './network-event.ts'
import { OwnPrivateRooms } from './own-private-rooms.ts'
import { OwnRooms } from './own-rooms.ts'
import type { MemberSummary, Message, Peer, PeerEvent, PeerStatus, RoomSummary, Taken } from './peer.ts'
import { forgetHints, loadHints, type NamedHint } from './own-room-hints.ts'
import { reportPeers } from './peer-reports.ts'
import { keyName } from './room/devices.ts'
import { OutdatedEpochsError } from '../encryption/index.ts'
import { loadRoomRecords, type RoomRecord } from './room-records.ts'
import type { AskPassphrase } from './stored-secrets.ts'
import { Takers } from './takers.ts'

export interface PeerDeps {
  readonly storage: Storage
  readonly clock: Clock
  readonly random: RandomBytes
  /** When the user started the program, or opened the page; now, by default. */
  readonly startedAt?: Millis
  /** Where the identity is protected by a passphrase. */
  readonly askPassphrase?: AskPassphrase
}

/** Messages that `messages` returns when it is not told how many. */
const DEFAULT_LIMIT = 50
/** Opens this device's identity and rooms from its store; the network is added by `goOnline`. */
export async function openPeer(deps: PeerDeps): Promise<Peer> {
  const { records } = deps.storage
  const identity = await loadIdentity(records, deps.clock, deps.random, deps.askPassphrase)
  const peer = new LocalPeer(deps, identity, await loadNick(records))
  for (const record of await loadRoomRecords(records)) {
    try {
      await peer.restore(record)
    } catch (thrown) {
      if (!(thrown instanceof OutdatedEpochsError)) throw thrown
      peer.outdated.push(record)
    }
  }
  const hints = await loadHints(records)
  for (const hint of hints) await peer.enterOwn(hint)
  // Those that were begun are remembered as rooms; what a crash left over is begun again.
  if (hints.length > 0) await forgetHints(records)
  return peer
}

class LocalPeer implements Peer {
  readonly privateRooms: OwnPrivateRooms
  /** Those that an earlier version stored in a way that cannot go on. They stay until the user has them forgotten, and nothing is done with them. */
  readonly outdated: RoomRecord[] = []
  readonly #direct: DirectRooms
  readonly #deps: PeerDeps
  readonly #identity: Identity
  readonly #events = new Listeners<PeerEvent>()
  readonly #rooms: OwnRooms
  readonly #takers: Takers
  #nick: DisplayName | undefined
  #online: { readonly network: Network; readonly unlisten: () => void } | undefined
  #stopping: Promise<void> | undefined

  constructor(deps: PeerDeps, identity: Identity, nick: DisplayName | undefined) {
    this.#deps = deps
    this.#identity = identity
    this.#nick = nick
    this.#rooms = new OwnRooms({ ...deps, identity, events: this.#events, nick: () => this.#shownNick() })
    this.#takers = new Takers(
      () => this.#rooms.live(),
      this.#events,
      id => this.#rooms.givenWay.latest(id)
    )
    this.privateRooms = new OwnPrivateRooms({
      ...deps,
      identity,
      events: this.#events,
      rooms: this.#rooms,
      addresses: () => this.addresses()
    })
    const { privateRooms } = this
    const own = { identity, events: this.#events, nick: () => this.#shownNick() }
    this.#direct = new DirectRooms({ ...deps, ...own, rooms: this.#rooms, privateRooms })
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
    for (const live of this.#rooms.live()) live.link?.greetAll()
  }

  joinOpenRoom(name: string, addresses: readonly string[] = []): Promise<RoomSummary> {
    return this.#rooms.enterOpen(name, addresses, this.#deps.clock.now())
  }

  async joinByLink(text: string, openedAt = this.#deps.clock.now()): Promise<RoomSummary> {
    const link = decodeLink(text, this.#deps.clock.now())
    if (!link.ok) throw new UsageError(link.error)
    if (link.value.kind === 'join') return this.#rooms.joinPrivate(text, link.value, openedAt)
    return this.#rooms.enterOpen(link.value.name, link.value.addresses, openedAt)
  }

  openDirect(member: string): Promise<RoomSummary> {
    return this.#direct.open(member)
  }

  findRoom(reference: string): RoomSummary {
    return this.#rooms.summaryOf(reference)
  }

  rooms(): RoomSummary[] {
    return this.#rooms.summaries()
  }

  leaveRoom(reference: string): Promise<void> {
    return this.#rooms.leave(reference)
  }

  forgetRoom(reference: string): Promise<string> {
    return this.#rooms.forget(reference)
  }

  setRoom(reference: string, key: string, value: string): Promise<RoomSummary> {
    return this.#rooms.set(reference, key, value)
  }

  restore(record: RoomRecord): Promise<void> {
    return this.#rooms.restore(record)
  }

  /** Asks to come into a private room that another device of this member is in. */
  async enterOwn(hint: NamedHint): Promise<void> {
    await this.#rooms.joins.beginAsDevice(hint)
  }

  async inviteLink(reference: string, webAddress?: string): Promise<string> {
    const { keys, membership } = this.#rooms.find(reference).live
    if (membership !== undefined) return this.privateRooms.invite(reference, {}, webAddress)
    return encodeOpenRoomLink({ name: keys.name, addresses: this.addresses() }, webAddress)
  }

  async send(reference: string, text: string): Promise<{ id: string }> {
    const { ended, name } = this.#rooms.summaryOf(reference)
    if (ended === 'other-left') throw new NotAllowedError(`${name} left this conversation: \`dm\` begins a new one`)
    return { id: await this.#rooms.find(reference).live.send(text) }
  }

  edit(reference: string, message: string, text: string): Promise<string> {
    return this.#rooms.find(reference).live.edit(this.#rooms.givenWay.latest(message), text)
  }

  deleteMessage(reference: string, message: string): Promise<string> {
    return this.#rooms.find(reference).live.delete(this.#rooms.givenWay.latest(message))
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
    return this.#rooms
      .find(reference)
      .live.messages(options.limit ?? DEFAULT_LIMIT, options.before as EntryId | undefined)
  }

  async members(reference: string): Promise<MemberSummary[]> {
    return this.#rooms.find(reference).live.members()
  }

  async markRead(reference: string): Promise<void> {
    await this.#rooms.find(reference).live.markRead()
  }

  status(): PeerStatus {
    const network = this.#online?.network
    return {
      peer: network?.self,
      rooms: this.rooms(),
      peers: network === undefined ? [] : reportPeers(network, peer => this.#rooms.nicksAt(peer)),
      relays: network?.relays().map(({ peer, address }) => ({ peer, address })) ?? []
    }
  }

  async ice(peer: string): Promise<IceReport | undefined> {
    return this.#online?.network.figures?.ice(peer as PeerId)
  }

  listen(listener: (event: PeerEvent) => void): () => void {
    return this.#events.listen(listener)
  }

  addresses(): string[] {
    return linkAddresses(this.#online?.network.addresses() ?? [])
  }

  async goOnline(network: Network): Promise<void> {
    if (this.#online !== undefined) throw new Error('this peer is online already')
    this.#online = { network, unlisten: network.listen(event => this.#networkEvent(event)) }
    this.#rooms.goOnline(network)
    this.#direct.goOnline(network)
    for (const { id, name } of this.outdated) {
      const text = `${name} was made by an earlier version of Starling and cannot go on here: make it anew. \`room forget ${id}\` erases what is stored of it.`
      this.#events.emit({ event: 'warning', code: 'room-outdated', room: id, text })
    }
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  #networkEvent(event: NetworkEvent): void {
    const shown = peerEventOf(event)
    if (shown !== undefined) this.#events.emit(shown)
  }

  #shownNick(): DisplayName {
    return this.#nick ?? (keyName(this.#identity.certificate.member) as DisplayName)
  }

  async #stop(): Promise<void> {
    const online = this.#online
    this.#online = undefined
    this.#direct.goOffline()
    this.#rooms.goOffline()
    online?.unlisten()
    await online?.network.stop()
    await this.#rooms.close()
    await this.#deps.storage.close()
  }
}
