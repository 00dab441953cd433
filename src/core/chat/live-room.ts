import { errorMessage, type Millis } from '../bytes/index.ts'
import { DAY, type OpenRoom } from '../encryption/index.ts'
import type { DeviceId, MemberId } from '../identity/index.ts'
import type { Entry, EntryId } from '../log/index.ts'
import type { Network, Path } from '../network/index.ts'
import { Alarm } from './alarm.ts'
import type { Listeners } from './listeners.ts'
import type { Delivery, MemberSummary, Message, PeerEvent, RoomSummary } from './peer.ts'
import type { GenuineEntry } from './room/judge-entry.ts'
import type { RoomDeps } from './room/room-deps.ts'
import type { Taken } from './room/intake.ts'
import { MAX_UNREAD, Room, type RoomMessage } from './room/room.ts'
import { KeeperReceipts } from './online/keeper-receipts.ts'
import { correctionOf, RoomClock } from './room-clock.ts'
import { RoomLink } from './online/room-link.ts'
import type { SequenceRanges } from './room/sequence-ranges.ts'

export interface LiveRoomDeps extends RoomDeps {
  readonly events: Listeners<PeerEvent>
  /** A member was met at this peer, which is worth remembering. */
  readonly met: (room: OpenRoom, peer: string) => void
  /** Somebody else had an entry of this very device, which does not know it. */
  readonly foundCopy: () => void
}

/** Own messages whose acknowledgements are told as events; older ones can still be asked for. */
const MAX_TRACKED = 1024
/** Of the newest messages of an earlier run, those whose acknowledgements are still told. */
const MAX_TOLD = 100

/** Members told of in one go that they cite what nobody has: keys cost nothing to make. */
const MAX_TOLD_UNHELD = 8
const EQUIVOCATION_WORDS = 'signed two different messages as one and the same. Both are shown.'

/** A room as the user sees it: its messages, members, unread count and deliveries, online or not. */
export class LiveRoom {
  readonly keys: OpenRoom
  readonly #deps: LiveRoomDeps
  readonly #clock: RoomClock
  readonly #room: Room
  readonly #tracked = new Map<EntryId, number>()
  readonly #receipts = new KeeperReceipts()
  #unread: number
  /** Said once, until something could be stored again. */
  #storeFails = false
  #missing: number
  readonly #alarm: Alarm
  #link: RoomLink | undefined
  #network: Network | undefined
  /** Whether others are here. */
  #attending = false

  private constructor(deps: LiveRoomDeps, clock: RoomClock, room: Room, unread: number) {
    this.keys = deps.keys
    this.#deps = { ...deps, clock }
    this.#clock = clock
    this.#room = room
    this.#unread = unread
    this.#missing = room.gaps.missing().length
    this.#alarm = new Alarm(clock, () => void this.#ring().catch(() => this.#setAlarm()))
  }

  static async load(deps: LiveRoomDeps): Promise<LiveRoom> {
    const clock = new RoomClock(deps.clock)
    const room = await Room.load({ ...deps, clock })
    const live = new LiveRoom(deps, clock, room, await room.countUnread())
    for (const message of (await room.messages(MAX_TOLD)).toReversed()) live.#track(message)
    return live
  }

  get link(): RoomLink | undefined {
    return this.#link
  }

  /** Whether another member, or a keeper, is connected. */
  get isAmongOthers(): boolean {
    return this.#attending
  }

  goOnline(network: Network): void {
    if (this.#link !== undefined) return
    this.#network = network
    this.#link = new RoomLink({
      ...this.#deps,
      network,
      role: () => 'member',
      ownTime: () => this.#clock.ownTime(),
      clocksHeard: ahead => this.#correctClock(ahead),
      room: this.#room,
      take: entries => this.#take(entries),
      settled: () => this.#tellGaps(),
      caughtUp: () => this.#tellCatchingUp(),
      acknowledged: (member, held) => this.#acknowledged(member, held),
      receipts: this.#receipts,
      kept: (keeper, held) => this.#kept(keeper, held),
      met: ({ member }, peer, isNew) => {
        this.#deps.met(this.keys, peer)
        this.#attend()
        if (isNew && member !== this.#self) this.#present(member, 'online')
      },
      gone: member => {
        this.#present(member, 'offline')
        this.#attend()
      }
    })
  }

  goOffline(): void {
    this.#alarm.setFor(undefined)
    this.#link?.stop()
    this.#link = undefined
    this.#attending = false
  }

  /** Goes offline for good; resolves when what was under way is stored. */
  async close(): Promise<void> {
    this.goOffline()
    await this.#room.close()
  }

  async send(text: string): Promise<EntryId> {
    const own = await this.#room.write(text)
    const { id } = own.entry
    this.#tell([own])
    this.#deps.events.emit({ event: 'sent', id })
    await this.#link?.publish(own)
    return id
  }

  summary(): RoomSummary {
    const { roomId, name } = this.keys
    const others = [...this.#room.state.book.members().keys()].filter(member => member !== this.#self).length
    const catchingUp = this.#link?.catchingUp
    return {
      id: roomId,
      name,
      members: others + 1,
      unread: this.#unread,
      missing: this.#missing,
      ...(catchingUp !== undefined && { catchingUp }),
      keepers: this.#link?.presence.keepersWithSpace() ?? []
    }
  }

  members(): MemberSummary[] {
    const known = [...this.#room.state.book.members().values()]
    const others = known.filter(({ member }) => member !== this.#self)
    return [this.#ownSummary(), ...others.map(({ member, nick }) => this.#memberSummary(member, nick))]
  }

  async messages(limit: number, before?: EntryId): Promise<Message[]> {
    const newestFirst = await this.#room.messages(limit, before)
    return newestFirst.toReversed().map(message => this.#describe(message))
  }

  /** Where an own message stands; undefined when it is none of this room's. */
  async deliveryOf(id: EntryId): Promise<Delivery | undefined> {
    const sequence = this.#tracked.get(id)
    return sequence === undefined ? undefined : this.#delivery(sequence)
  }

  /** The number of keepers that said they store this own message. */
  keptBy(id: EntryId): number {
    const sequence = this.#tracked.get(id)
    return sequence === undefined ? 0 : this.#receipts.count(sequence)
  }

  async markRead(): Promise<void> {
    const [newest] = await this.#room.messages(1)
    if (newest === undefined || this.#unread === 0) return
    await this.#room.markRead(newest.order)
    this.#unread = await this.#room.countUnread()
    this.#deps.events.emit({ event: 'room', room: this.keys.roomId, change: 'read' })
  }

  get #self(): MemberId {
    return this.#deps.identity.certificate.member
  }

  async #take(entries: readonly Entry[]): Promise<Taken> {
    const before = new Set(this.#room.state.book.members().keys())
    const taken = await this.#room.accept(entries).catch((thrown: unknown) => {
      // Of a room that is being left nothing is stored any more.
      if (!this.#storeFails && this.#link !== undefined) {
        this.#deps.events.emit({ event: 'warning', code: 'not-stored', text: errorMessage(thrown) })
      }
      this.#storeFails = true
      throw thrown
    })
    const { stored, equivocators } = taken
    if (stored.length > 0) this.#storeFails = false
    for (const { body } of stored) {
      const author = this.#room.state.book.get(body.device)?.member
      if (author === undefined || author === this.#self || before.has(author)) continue
      before.add(author)
      this.#memberEvent(author, 'joined')
    }
    this.#tell(stored)
    for (const device of equivocators) this.#warnOf(device, 'equivocation', EQUIVOCATION_WORDS)
    const { device } = this.#deps.identity.certificate
    if (stored.some(({ body }) => body.device === device)) this.#deps.foundCopy()
    return taken
  }

  /** Others have come, or the last one has gone. */
  #attend(): void {
    const attends = (this.#link?.presence.peers().length ?? 0) > 0
    if (attends && !this.#attending) this.#room.attend()
    this.#attending = attends
    this.#setAlarm()
  }

  #setAlarm(): void {
    if (this.#link === undefined) return
    this.#room.gaps.watch(this.#attending)
    this.#alarm.setFor(this.#room.nextDue())
  }

  #correctClock(ahead: ReadonlyMap<MemberId, Millis>): void {
    const others = [...ahead].flatMap(([member, offset]) => (member === this.#self ? [] : [offset]))
    const correction = correctionOf(others)
    if (!this.#clock.correct(correction)) return
    const minutes = Math.round(Math.abs(correction) / 60_000)
    const off = `${minutes} ${minutes === 1 ? 'minute' : 'minutes'} ${correction < 0 ? 'ahead of' : 'behind'}`
    const text = `The clock of this device is ${off} the others' in ${this.keys.name}. Their time is used here; please set the clock.`
    this.#deps.events.emit({ event: 'warning', code: 'clock-off', room: this.keys.roomId, text })
  }

  async #ring(): Promise<void> {
    await this.#room.giveUp()
    await this.#link?.takeDue()
  }

  #tell(stored: readonly GenuineEntry[]): void {
    for (const genuine of stored) {
      const message = this.#room.messageOf(genuine)
      if (message === undefined) continue
      this.#track(message)
      const { own, delivery: _, kept: __, ...told } = this.#describe(message)
      if (!own && message.order > this.#room.state.readUpTo) this.#unread = Math.min(this.#unread + 1, MAX_UNREAD)
      this.#deps.events.emit({ event: 'message', ...told })
    }
    this.#tellGaps()
    this.#setAlarm()
  }

  #tellGaps(): void {
    for (const [device, cited] of [...this.#room.gaps.takeUnheld()].slice(0, MAX_TOLD_UNHELD)) {
      this.#warnOf(device, 'unheld', `cites ${cited === 1 ? 'a message' : `${cited} messages`} that nobody here has.`)
    }
    const missing = this.#room.gaps.missing().length
    // What a sync brings newest first leaves gaps that it closes itself a moment later.
    if (missing === this.#missing || (missing > this.#missing && this.#link?.isSyncing === true)) return
    this.#missing = missing
    this.#deps.events.emit({ event: 'gap', room: this.keys.roomId, missing })
  }

  /** What is missing is told once nothing more is on its way. */
  #tellCatchingUp(): void {
    const came = this.#link?.catchingUp
    const room = this.keys.roomId
    this.#deps.events.emit(came === undefined ? { event: 'caught-up', room } : { event: 'catching-up', room })
    if (came === undefined) this.#tellGaps()
  }

  #warnOf(device: DeviceId, code: string, does: string): void {
    const member = this.#room.state.book.get(device)?.member
    if (member === undefined) return
    const text = `${this.#nickOf(member)} ${does}`
    this.#deps.events.emit({ event: 'warning', code, room: this.keys.roomId, member, text })
  }

  async #acknowledged(member: MemberId, held: SequenceRanges): Promise<void> {
    if (member === this.#self) return
    const before = new Map([...this.#tracked].map(([id, sequence]) => [id, this.#delivery(sequence).to]))
    if (!(await this.#room.acknowledge(member, held))) return
    for (const [id, sequence] of this.#tracked) {
      const delivery = this.#delivery(sequence)
      if (delivery.to !== before.get(id)) this.#deps.events.emit({ event: 'delivered', id, ...delivery })
    }
  }

  #kept(keeper: DeviceId, held: SequenceRanges): void {
    const before = new Map([...this.#tracked.keys()].map(id => [id, this.keptBy(id)]))
    this.#receipts.add(keeper, held, this.#room.ownDevice?.last?.sequence ?? 0)
    for (const id of this.#tracked.keys()) {
      const by = this.keptBy(id)
      if (by !== before.get(id)) this.#deps.events.emit({ event: 'kept', id, by })
    }
  }

  #track({ id, ownSequence }: RoomMessage): void {
    if (ownSequence === undefined) return
    this.#tracked.set(id, ownSequence)
    const oldest = this.#tracked.keys().next().value
    if (this.#tracked.size > MAX_TRACKED && oldest !== undefined) this.#tracked.delete(oldest)
  }

  #describe(message: RoomMessage): Message {
    const { id, order, author, time, text, ownSequence, late } = message
    const nick = this.#nickOf(author)
    const common = { room: this.keys.roomId, id, order, author, nick, time, text, ...(late && { late }) }
    if (ownSequence === undefined) return { ...common, own: author === this.#self }
    const kept = this.#receipts.count(ownSequence)
    return { ...common, own: true, delivery: this.#delivery(ownSequence), ...(kept > 0 && { kept }) }
  }

  /** In an open room the members to reach are those who wrote in the last 24 hours, and whoever else has it. */
  #delivery(sequence: number): Delivery {
    const holders = this.#room.state.deliveries.holders(sequence)
    const since = this.#deps.clock.now() - DAY
    const known = this.#room.state.book.members().values()
    const writers = [...known].filter(each => each.member !== this.#self && each.wroteAt > since)
    return { to: holders.length, of: new Set([...holders, ...writers.map(each => each.member)]).size }
  }

  /** A member, or else a keeper, has come or gone. */
  #present(member: MemberId | undefined, change: 'online' | 'offline'): void {
    if (member === undefined) this.#deps.events.emit({ event: 'room', room: this.keys.roomId, change: 'keepers' })
    else if (change === 'online') this.#online(member)
    else this.#memberEvent(member, change)
  }

  #online(member: MemberId): void {
    this.#memberEvent(member, 'online')
    const nick = this.#deps.nick()
    if (!this.#room.state.book.hasName(member, nick)) return
    const shown = `${nick}-${this.#self.slice(0, 4)}`
    const text = `Somebody else here has your name: others may see you as ${shown}.`
    this.#deps.events.emit({ event: 'warning', code: 'name-taken', text })
  }

  #memberEvent(member: MemberId, change: 'joined' | 'online' | 'offline'): void {
    this.#deps.events.emit({ event: 'member', room: this.keys.roomId, member, nick: this.#nickOf(member), change })
  }

  #nickOf(member: MemberId): string {
    return member === this.#self ? this.#deps.nick() : this.#room.state.book.nickOf(member)
  }

  #ownSummary(): MemberSummary {
    const online = this.#link !== undefined
    const known = { member: this.#self, nick: this.#deps.nick(), role: 'member', online, self: true } as const
    return { ...known, path: 'none', rtt: undefined, ...this.#marksOf(this.#self) }
  }

  #memberSummary(member: MemberId, nick: string): MemberSummary {
    const peers = new Set<string>(this.#link?.presence.peersOf(member))
    const connections = this.#network?.peers().filter(({ peer }) => peers.has(peer)) ?? []
    const best = connections.toSorted((a, b) => PATHS.indexOf(a.path) - PATHS.indexOf(b.path))[0]
    const known = { member, nick, role: 'member', online: best !== undefined, self: false } as const
    return { ...known, path: best?.path ?? 'none', rtt: best?.rtt, ...this.#marksOf(member) }
  }

  #marksOf(member: MemberId): Pick<MemberSummary, 'equivocated'> {
    const { book } = this.#room.state
    const devices = book.members().get(member)?.devices ?? []
    return devices.some(device => book.get(device)?.equivocation !== undefined) ? { equivocated: true } : {}
  }
}

/** Best first. */
const PATHS: readonly Path[] = ['direct', 'punched', 'webrtc', 'turn', 'relayed', 'none']
