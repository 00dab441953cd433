import { errorMessage, every, type Clock, type Millis } from '../bytes/index.ts'
import type { NamedRoom } from '../encryption/index.ts'
import type { DeviceId, MemberId } from '../identity/index.ts'
import type { EntryId, StoredEntry } from '../log/index.ts'
import type { Network, PeerId } from '../network/index.ts'
import { Alarm } from './alarm.ts'
import { describeMessage } from './describe-message.ts'
import { findMessage } from './find-message.ts'
import { Hush } from './hush.ts'
import type { Listeners } from './listeners.ts'
import { summaryOf } from './member-summary.ts'
import { Membership } from './membership.ts'
import type { MemberSummary, Message, PeerEvent, RoomSummary } from './peer.ts'
import type { GenuineEntry } from './room/judge-entry.ts'
import type { RoomDeps } from './room/room-deps.ts'
import type { KnownMember } from './room/member-directory.ts'
import type { Taken, Written } from './room/intake.ts'
import { retentionWords, type Retention } from './room/retention.ts'
import { Room } from './room/room.ts'
import { MAX_UNREAD, type RoomMessage } from './room/shown-messages.ts'
import { OwnMessages } from './own-messages.ts'
import { clockErrorOf, clockWords, RoomClock } from './room-clock.ts'
import { RoomLink } from './online/room-link.ts'
import { EVERYBODY_IS_IN } from './online/standings.ts'

export interface LiveRoomDeps extends RoomDeps {
  readonly events: Listeners<PeerEvent>
  /** How long this device keeps the room's messages, now. */
  readonly retention: () => Retention
  /** A member was met at this peer, which is worth remembering. */
  readonly met: (room: NamedRoom, peer: string) => void
  /** Somebody else had an entry of this very device, which does not know it. */
  readonly foundCopy: () => void
}

/** Of the newest messages of an earlier run, those whose acknowledgements are still told. */
const MAX_TOLD = 100
/** How often messages whose time is over are looked for; retention is by days, or by many messages. */
const RETENTION_PERIOD: Millis = 10 * 60_000
/** Members told of in one go that they cite what nobody has: keys cost nothing to make. */
const MAX_TOLD_UNHELD = 8
const EQUIVOCATION_WORDS = 'signed two different messages as one and the same. Both are shown.'

/** A room as the user sees it: its messages, members, unread count and deliveries, online or not. */
export class LiveRoom {
  readonly keys: NamedRoom
  /** Where this device's own messages stand. */
  readonly own: OwnMessages
  /** Who is in, of a private room. */
  readonly membership: Membership | undefined
  readonly known = (): ReadonlyMap<MemberId, KnownMember> => this.#room.state.book.members()
  readonly #deps: LiveRoomDeps
  readonly #self: MemberId
  readonly #clock: RoomClock
  readonly #room: Room
  #unread: number
  /** Said once, until something could be stored again. */
  #storeFails = false
  #missing: number
  readonly #alarm: Alarm
  readonly #hush: Hush
  #link: RoomLink | undefined
  #network: Network | undefined
  readonly #ends: (() => void)[] = []
  #attending = false

  private constructor(deps: LiveRoomDeps, clock: RoomClock, room: Room, unread: number) {
    this.keys = deps.keys
    this.#deps = { ...deps, clock }
    this.#self = deps.identity.certificate.member
    this.#clock = clock
    this.#room = room
    this.membership = this.#membershipOf(deps, clock, room)
    const audience = this.membership?.audience
    this.own = new OwnMessages({ room, clock, events: deps.events, self: this.#self, audience })
    this.#unread = unread
    this.#missing = room.gaps.missing().length
    this.#hush = new Hush(clock, () => this.#tellGaps())
    this.#alarm = new Alarm(clock, () => void this.#ring().catch(() => this.#setAlarm()))
  }

  static async load(deps: LiveRoomDeps): Promise<LiveRoom> {
    const clock = new RoomClock(deps.clock)
    const room = await Room.load({ ...deps, clock, ownClock: deps.clock })
    const live = new LiveRoom(deps, clock, room, await room.shown.countUnread())
    for (const message of (await room.shown.newest(MAX_TOLD)).toReversed()) live.own.track(message)
    await live.retain()
    return live
  }

  get link(): RoomLink | undefined {
    return this.#link
  }

  /** Whether another member, or a keeper, is connected. */
  get isAmongOthers(): boolean {
    return this.#attending
  }

  /** The member at this peer, as the room shows them. */
  nickAt(peer: PeerId): string | undefined {
    const member = this.#link?.presence.get(peer)?.member
    return member === undefined ? undefined : this.#nickOf(member)
  }

  goOnline(network: Network): void {
    if (this.#link !== undefined) return
    this.#ends.push(every(this.#clock, RETENTION_PERIOD, () => void this.retain().catch(() => undefined)))
    if (this.membership !== undefined) this.#ends.push(this.membership.watch())
    this.#network = network
    this.#link = new RoomLink({
      ...this.#deps,
      network,
      role: () => 'member',
      ...(this.membership?.standings ?? EVERYBODY_IS_IN),
      ownTime: () => this.#clock.ownTime(),
      clocksHeard: ahead => this.#correctClock(ahead),
      room: this.#room,
      take: entries => this.#take(entries),
      settled: () => this.#tellGaps(),
      caughtUp: () => this.#tellCatchingUp(),
      acknowledged: heard => this.own.acknowledged(heard),
      receipts: this.own.receipts,
      kept: (keeper, held) => this.own.kept(keeper, held),
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
    for (const end of this.#ends.splice(0)) end()
    this.#alarm.setFor(undefined)
    this.#hush.end()
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
    const written = await this.#room.write(text)
    const { id } = written.own.entry
    this.#tell(written.taken.stored)
    this.#deps.events.emit({ event: 'sent', id })
    await this.#publish(written)
    return id
  }

  /** Has an own message say something else; `reference` is its id, or the beginning of it. */
  async edit(reference: string, text: string): Promise<EntryId> {
    const message = await findMessage(this.#deps.store, reference)
    await this.#say(await this.#room.edit(message, text))
    return message
  }

  async delete(reference: string): Promise<EntryId> {
    const message = await findMessage(this.#deps.store, reference)
    const written = await this.#room.delete(message)
    if (written !== undefined) await this.#say(written)
    return message
  }

  /** Erases what is older than this device keeps messages. */
  async retain(): Promise<void> {
    const before = this.#room.floor
    while (await this.#room.retain(this.#deps.retention(), this.#clock.ownTime()));
    if (this.#room.floor !== before) this.#unread = await this.#room.shown.countUnread()
  }

  async #say({ own, taken }: Written): Promise<void> {
    await this.#tellChanged(taken.changed)
    await this.#publish({ own, taken })
  }

  /** Behind what it took to say it: a commit that changes the keys. */
  async #publish({ own, taken }: Written): Promise<void> {
    this.membership?.took(taken)
    for (const entry of taken.control) await this.#link?.publishControl(entry)
    await this.#link?.publish(own)
  }

  summary(): RoomSummary {
    const { roomId, name } = this.keys
    const catchingUp = this.#link?.catchingUp
    return {
      id: roomId,
      name,
      ...(this.membership?.summary() ?? { kind: 'open', members: this.#others().length + 1 }),
      unread: this.#unread,
      missing: this.#missing,
      ...(catchingUp !== undefined && { catchingUp }),
      keepers: this.#link?.keepersWithSpace() ?? [],
      retention: retentionWords(this.#deps.retention())
    }
  }

  members(): MemberSummary[] {
    const of = { room: this.#room, link: this.#link, network: this.#network, membership: this.membership }
    const names = { self: this.#self, nickOf: (member: MemberId) => this.#nickOf(member) }
    return [this.#self, ...this.#others()].map(member => summaryOf({ ...of, ...names }, member))
  }

  async messages(limit: number, before?: EntryId): Promise<Message[]> {
    const newestFirst = await this.#room.shown.newest(limit, before)
    return newestFirst.toReversed().map(message => this.#describe(message))
  }

  async markRead(): Promise<void> {
    const [newest] = await this.#room.shown.newest(1)
    if (newest === undefined || this.#unread === 0) return
    await this.#room.markRead(newest.order)
    this.#unread = await this.#room.shown.countUnread()
    this.#deps.events.emit({ event: 'room', room: this.keys.roomId, change: 'read' })
  }

  #others(): MemberId[] {
    const known = this.membership?.audience() ?? this.#room.state.book.members().keys()
    return [...known].filter(member => member !== this.#self)
  }

  #membershipOf({ control, events, random, identity }: LiveRoomDeps, clock: Clock, room: Room): Membership | undefined {
    if (control === undefined) return undefined
    return new Membership({
      ...control,
      room,
      own: identity.certificate,
      clock,
      random,
      events,
      nickOf: member => this.#nickOf(member),
      publish: async entry => this.#link?.publishControl(entry),
      changed: () => {
        this.#link?.secretsChanged()
        this.#link?.standingsChanged()
      }
    })
  }

  async #take(entries: readonly StoredEntry[]): Promise<Taken> {
    const before = new Set(this.#room.state.book.members().keys())
    const lastOwn = this.#room.ownDevice?.last?.sequence ?? 0
    const taken = await this.#room.accept(entries).catch((thrown: unknown) => {
      // Of a room that is being left nothing is stored any more.
      if (!this.#storeFails && this.#link !== undefined) {
        this.#deps.events.emit({ event: 'warning', code: 'not-stored', text: errorMessage(thrown) })
      }
      this.#storeFails = true
      throw thrown
    })
    const { stored, equivocators, changed } = taken
    this.#storeFails &&= stored.length === 0
    this.membership?.took(taken)
    for (const { body } of this.membership === undefined ? stored : []) {
      const author = this.#room.state.book.get(body.device)?.member
      if (author === undefined || author === this.#self || before.has(author)) continue
      before.add(author)
      this.#memberEvent(author, 'joined')
    }
    this.#tell(stored.filter(({ entry }) => !changed.has(entry.id)))
    await this.#tellChanged(changed, new Set(stored.map(({ entry }) => entry.id)))
    for (const device of equivocators) this.#warnOf(device, 'equivocation', EQUIVOCATION_WORDS)
    const { device } = this.#deps.identity.certificate
    const isNews = stored.some(({ body }) => body.device === device && body.sequence > lastOwn)
    if (isNews || equivocators.includes(device)) this.#deps.foundCopy()
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
    const error = clockErrorOf(others)
    if (!this.#clock.correct(error)) return
    const text = clockWords(error, this.keys.name)
    this.#deps.events.emit({ event: 'warning', code: 'clock-off', room: this.keys.roomId, text })
  }

  async #ring(): Promise<void> {
    await this.#room.giveUp()
    await this.#link?.takeDue()
  }

  #tell(stored: readonly GenuineEntry[]): void {
    for (const genuine of stored) {
      const message = this.#room.shown.messageOf(genuine)
      if (message === undefined) continue
      if (this.#tellMessage(message) && message.order > this.#room.state.readUpTo)
        this.#unread = Math.min(this.#unread + 1, MAX_UNREAD)
    }
    this.#tellGaps()
    this.#setAlarm()
  }

  /** Whether it is somebody else's. */
  #tellMessage(message: RoomMessage): boolean {
    this.own.track(message)
    const { own, delivery: _, kept: __, deleted: ___, ...told } = this.#describe(message)
    this.#deps.events.emit({ event: 'message', ...told })
    return !own
  }

  /** Messages that are edited or deleted by now; of those among `news` nobody was told before. */
  async #tellChanged(changed: ReadonlySet<EntryId>, news: ReadonlySet<EntryId> = new Set()): Promise<void> {
    if (changed.size === 0) return
    const { events, clock } = this.#deps
    const room = this.keys.roomId
    for (const id of changed) {
      const message = await this.#room.shown.message(id)
      if (message === undefined) continue
      const { text, edited = clock.now(), deleted } = message
      if (deleted) events.emit({ event: 'deleted', room, id })
      else if (news.has(id)) this.#tellMessage(message)
      else {
        this.own.track(message)
        events.emit({ event: 'edited', room, id, text, time: edited })
      }
    }
    this.#unread = await this.#room.shown.countUnread()
  }

  #tellGaps(): void {
    for (const [device, cited] of [...this.#room.gaps.takeUnheld()].slice(0, MAX_TOLD_UNHELD)) {
      this.#warnOf(device, 'unheld', `cites ${cited === 1 ? 'a message' : `${cited} messages`} that nobody here has.`)
    }
    const missing = this.#room.gaps.missing().length
    // What a sync brings newest first leaves gaps that it closes itself a moment later. Nobody hides one by a sync without end.
    if (missing > this.#missing && this.#link?.isSyncing === true && this.#hush.keeps()) return
    this.#hush.end()
    if (missing === this.#missing) return
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

  #describe(message: RoomMessage): Message {
    const nick = this.#nickOf(message.author)
    return describeMessage(message, { room: this.keys.roomId, nick, self: this.#self, own: this.own })
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
    const text = `Somebody else here has your name: others may see you as ${nick}-${this.#self.slice(0, 4)}.`
    this.#deps.events.emit({ event: 'warning', code: 'name-taken', text })
  }

  #memberEvent(member: MemberId, change: 'joined' | 'online' | 'offline'): void {
    this.#deps.events.emit({ event: 'member', room: this.keys.roomId, member, nick: this.#nickOf(member), change })
  }

  #nickOf(member: MemberId): string {
    return member === this.#self ? this.#deps.nick() : this.#room.state.book.nickOf(member)
  }
}
