import type { Clock, Millis, RandomBytes } from '../../bytes/index.ts'
import type { DisplayName, Identity, MemberId } from '../../identity/index.ts'
import type { Entry, StoredEntry } from '../../log/index.ts'
import type { Network, PeerId } from '../../network/index.ts'
import { Acknowledgements } from './acknowledgements.ts'
import { CatchUp } from './catch-up.ts'
import { CatchingUp } from './catching-up.ts'
import { timesOf } from './day-keys.ts'
import { MAX_FETCH_IDS, type Role } from './exchange-codec.ts'
import { GossipInbox } from './gossip-inbox.ts'
import { Greetings } from './greetings.ts'
import { MESSAGE_KIND } from '../room/content.ts'
import type { Taken } from '../room/intake.ts'
import type { GenuineEntry } from '../room/judge-entry.ts'
import type { KeeperReceipts } from './keeper-receipts.ts'
import { openKeeperSyncs, type KeeperSyncs } from './keeper-syncs.ts'
import { Lacking } from './lacking.ts'
import { Meeting } from './meeting.ts'
import { MeetingSecrets, nameOf, type MeetingKeys, type SecretName } from './meeting-secrets.ts'
import { OlderControl } from './older-control.ts'
import { Naming } from './naming.ts'
import { Presence, type PresentDevice } from './presence.ts'
import type { Room } from '../room/room.ts'
import type { SequenceRanges } from '../room/sequence-ranges.ts'
import { RoomExchanges } from './room-exchanges.ts'
import { RoomSyncs } from './room-syncs.ts'
import type { Standings } from './standings.ts'
import { Topics } from './topics.ts'

export interface RoomLinkDeps extends Standings {
  /** What this device is in the room now. */
  readonly role: () => Role
  readonly network: Network
  readonly room: Room
  readonly identity: Identity
  readonly clock: Clock
  /** This device's own time, which `clock` may correct. */
  readonly ownTime: () => Millis
  readonly random: RandomBytes
  readonly nick: () => DisplayName
  /** Takes entries in, and tells the user. */
  readonly take: (entries: readonly StoredEntry[]) => Promise<Taken>
  /** Nothing is being synced any more. */
  readonly settled: () => void
  /** What was said before begins to come in, or is here. */
  readonly caughtUp: () => void
  readonly acknowledged: (heard: ReadonlyMap<MemberId, SequenceRanges>) => Promise<void>
  /** What keepers said that they have of this device's entries. */
  readonly receipts: KeeperReceipts
  readonly kept: (keeper: string, held: SequenceRanges) => void
  /** The connected members' clocks, one each, are so far ahead of this device's own. */
  readonly clocksHeard: (ahead: ReadonlyMap<MemberId, Millis>) => void
  readonly met: (present: PresentDevice, peer: PeerId, isNew: boolean) => void
  /** Undefined: a keeper. */
  readonly gone: (member: MemberId | undefined) => void
}

/** A member at random is greeted again, and synced with, at uneven times around this: even a quiet room finds what it lost. */
const SYNC_PERIOD: Millis = 30_000
/** Who did not begin the sync of two that met does after this, should the other not have. */
const SYNC_DELAY: Millis = 3000
/** An own entry that a present member has not acknowledged by then is offered to that member directly. */
const OFFER_DELAY: Millis = 1500

/** A room on the network: greets members, gossips, fetches what is missing, and acknowledges. */
export class RoomLink {
  readonly presence = new Presence()
  /** The keepers that know the room by its tag alone, if it has one. */
  readonly keepers: KeeperSyncs | undefined
  readonly exchanges: RoomExchanges
  readonly syncs: RoomSyncs
  readonly #deps: RoomLinkDeps
  readonly #topics: Topics
  readonly #catchUp: CatchUp
  readonly #catchingUp: CatchingUp
  readonly #inbox: GossipInbox
  readonly #acknowledgements: Acknowledgements
  readonly #secrets: MeetingSecrets
  readonly #meeting: Meeting
  readonly #lacking: Lacking
  readonly #greetings: Greetings
  readonly #abort = new AbortController()
  readonly #cancels = new Set<() => void>()

  constructor(deps: RoomLinkDeps) {
    this.#deps = deps
    const { network, room, clock } = deps
    this.#secrets = new MeetingSecrets(room.keys, timesOf(deps))
    this.#acknowledgements = new Acknowledgements({
      ...deps,
      presence: this.presence,
      publish: acknowledgement => this.#topics.publishNote(acknowledgement),
      tell: (peer, acknowledgement) => this.exchanges.ask(peer, { kind: 'acknowledge', acknowledgement })
    })
    this.#meeting = new Meeting({
      ...deps,
      presence: this.presence,
      secrets: this.#secrets,
      keysFor: peer => this.#keysFor(peer),
      exchange: (peer, message, keys) => this.exchanges.ask(peer, message, keys),
      entered: (peer, present, isNew) => this.#entered(peer, present, isNew),
      absent: (before, member) => this.#absent(before, member),
      visited: (peer, isNew) => this.#syncSoon(peer, isNew),
      dismissed: peer => this.syncs.end(peer)
    })
    this.exchanges = new RoomExchanges({
      ...deps,
      presence: this.presence,
      secrets: this.#secrets,
      keysFor: peer => this.#keysFor(peer),
      answerHello: (hello, from, keys) => this.#meeting.answerHello(hello, from, keys),
      acknowledged: (from, acknowledgement) => this.#acknowledgements.takeFrom(from, acknowledgement)
    })
    this.#greetings = new Greetings({
      clock,
      sayHello: peer => this.#meeting.sayHello(peer),
      isThere: peer => this.#topics.peers().has(peer)
    })
    this.#catchingUp = new CatchingUp({
      isAsking: () => this.syncs.isSyncing || this.#catchUp.isRunning,
      changed: deps.caughtUp
    })
    this.#catchUp = new CatchUp({
      room,
      clock,
      fetch: (from, ids, context) => this.exchanges.fetch(from, ids, context),
      take: async entries => {
        const { stored, erased } = this.#counted(await this.#take(entries))
        return stored.length + erased
      },
      members: () => this.presence.peers(),
      rests: () => this.#catchingUp.rest()
    })
    const olderControl = new OlderControl({
      room,
      secrets: this.#secrets,
      generationOf: ({ header }) => this.#generationOf(header.epoch)
    })
    this.#lacking = new Lacking({
      ...deps,
      isMember: peer => this.presence.get(peer)?.member !== undefined,
      askFor: (lacked, from) => this.exchanges.askFor(lacked, from),
      take: entries => this.#take(entries),
      secretsChanged: () => this.secretsChanged(),
      sync: peer => this.syncs.request(peer)
    })
    const naming = new Naming({
      ...deps,
      isMember: peer => this.presence.get(peer)?.member !== undefined,
      fetch: (from, ids, context) => this.exchanges.fetch(from, ids, context)
    })
    this.syncs = new RoomSyncs({
      ...deps,
      presence: this.presence,
      secrets: this.#secrets,
      olderControl,
      keysFor: peer => this.#keysFor(peer),
      standingOf: peer => this.#meeting.standingOf(peer),
      judge: peer => this.#meeting.judge(peer),
      take: entries => this.#take(entries),
      takeFrom: (peer, entries) => this.#takeFrom(peer, entries),
      lacks: entries => this.#catchingUp.lacks(entries),
      served: peer => this.#served(peer),
      // Who gives nothing, or is gone, is asked again after another sync.
      compared: peer => {
        for (const each of [this.#lacking, naming]) void each.compared(peer).catch(() => undefined)
      },
      settled: () => this.#settle()
    })
    this.#inbox = new GossipInbox({
      take: entries => this.#take(entries),
      begin: from => this.#watchGaps(from),
      isStopped: () => this.#abort.signal.aborted
    })
    this.#topics = new Topics(
      network,
      { keys: room.keys, secrets: this.#secrets, time: deps },
      {
        received: (entry, from) => this.#inbox.add(entry, from),
        // What cannot be stored has been told of already, and will be acknowledged again.
        noted: note => void this.#acknowledgements.take(note).catch(() => undefined),
        joined: peer => this.#greetings.greet(peer)
      }
    )
    this.keepers = openKeeperSyncs({
      ...deps,
      olderControl,
      take: async entries => this.#counted(await this.#take(entries)),
      lacks: entries => this.#catchingUp.lacks(entries),
      changed: () => deps.gone(undefined)
    })
    this.#greetOne()
    this.#cancels.add(
      network.listen(event => {
        if (event.kind === 'peer' && event.connection.path === 'none') this.#meeting.left(event.connection.peer)
        // What was said while this device slept is fetched at once.
        if (event.kind === 'woke') this.syncs.requestSome()
      })
    )
  }

  /** Connected keepers that still store what is said. */
  keepersWithSpace(): PeerId[] {
    return [...this.presence.keepersWithSpace(), ...(this.keepers?.withSpace() ?? [])]
  }

  exchangeKeys(): readonly MeetingKeys[] {
    return this.#secrets.exchangeKeys()
  }

  /** Whether more may come at any moment that closes what is missing now. */
  get isSyncing(): boolean {
    return this.syncs.isSyncing || this.#catchingUp.isComing
  }

  /** How many messages came so far of those that are on their way; undefined when none are. */
  get catchingUp(): number | undefined {
    return this.#catchingUp.came
  }

  /** Hands an own entry to whoever is online. */
  async publish(own: GenuineEntry): Promise<void> {
    this.#after(OFFER_DELAY, () => this.#offer(own.body.sequence))
    this.keepers?.offer()
    // Nobody may be there to take it: then whoever comes next gets it by sync.
    await this.#topics.publish(own.entry).catch(() => undefined)
  }

  /** Hands a control entry to whoever is online, those included who know no newer generation than the one it is sealed under. */
  async publishControl(entry: Entry): Promise<void> {
    this.#after(OFFER_DELAY, () => this.syncs.requestSome())
    this.keepers?.offer()
    const generation = this.#generationOf(entry.header.epoch)
    const age = generation === undefined ? 0 : this.#secrets.ageOf(generation)
    await this.#topics.publish(entry, age).catch(() => undefined)
  }

  /** The room's rendezvous secrets, or its keepers' tag, may have changed. */
  secretsChanged(): void {
    this.#topics.rotate()
    this.keepers?.tagChanged()
    for (const peer of this.#topics.peers()) {
      const isNews = this.#topics.secretOf(peer) !== this.#meeting.secretOf(peer)
      if (this.presence.get(peer) !== undefined && isNews) this.#greetings.greet(peer)
      // To whoever is out the current secret may be an older one now.
      if (this.#meeting.standingOf(peer) === 'out') this.syncs.request(peer)
    }
  }

  /** Who is in may have changed: whoever is not any more is absent at once. */
  standingsChanged(): void {
    this.#meeting.judgeAll()
    // What cannot be stored has been told of already, and will be acknowledged again.
    void this.#acknowledgements.devicesChanged().catch(() => undefined)
  }

  /** Introduces this device again to all members present, because its name changed. */
  greetAll(): void {
    for (const peer of this.presence.peers()) this.#greetings.greet(peer)
  }

  /** Takes in what waited here for its time, and tells its authors as of anything else. */
  async takeDue(): Promise<void> {
    await this.#take([])
  }

  stop(): void {
    this.#abort.abort()
    this.#meeting.stop()
    this.exchanges.stop()
    this.#greetings.stop()
    this.#topics.stop()
    this.syncs.stop()
    this.keepers?.stop()
    this.#catchUp.stop()
    this.#acknowledgements.stop()
    for (const cancel of this.#cancels) cancel()
  }

  async #entered(peer: PeerId, present: PresentDevice, isNew: boolean): Promise<void> {
    this.#deps.clocksHeard(this.presence.clocksAhead())
    this.#catchingUp.met()
    this.#deps.met(present, peer, isNew)
    // Entries that waited for this introduction are told now.
    await this.#take([])
    this.#syncSoon(peer, isNew)
    await this.#lacking.met(peer)
    this.#acknowledgements.tell(peer)
    await this.#acknowledgements.devicesChanged()
  }

  #absent(before: PresentDevice, member: MemberId | undefined): void {
    if (this.presence.peers().length === 0) this.#catchingUp.end()
    if (member !== undefined || before.member === undefined) this.#deps.gone(member)
  }

  /** Of two that met the one with the smaller PeerId begins the sync, so that they do not both. */
  #syncSoon(peer: PeerId, isNew: boolean): void {
    if (this.#deps.network.self < peer) this.syncs.request(peer)
    else if (isNew) this.#after(SYNC_DELAY, () => this.syncs.request(peer))
  }

  /** What a peer is asked under: the newest secret that it shows to know. */
  #keysFor(peer: PeerId): MeetingKeys {
    return this.#secrets.today(this.#secrets.newest(this.#topics.secretOf(peer), this.#meeting.secretOf(peer)))
  }

  #generationOf(epoch: Uint8Array): SecretName | undefined {
    const secret = this.#deps.generationOf(epoch)
    return secret && nameOf(secret)
  }

  #greetOne(): void {
    const [share = 0, pick = 0] = this.#deps.random(2)
    this.#after(SYNC_PERIOD * (0.5 + share / 256), () => {
      const peers = this.presence.peers()
      const peer = peers[pick % peers.length]
      if (peer !== undefined) this.#greetings.greet(peer)
      this.#greetOne()
    })
  }

  /** What is missing after a sync is asked for by name. */
  #settle(): void {
    this.#deps.settled()
    const [peer] = this.presence.peers()
    if (peer !== undefined && this.#deps.room.gaps.missing().length > 0) this.#catchUp.request(peer, [])
    this.#catchingUp.compared()
  }

  /** Entries that came of those that were missing. */
  #counted(taken: Taken): Taken {
    this.#catchingUp.took(taken.stored.filter(({ content }) => content?.kind === MESSAGE_KIND).length)
    return taken
  }

  #offer(sequence: number): void {
    const holders = new Set(this.#deps.room.state.deliveries.holders([sequence]))
    for (const peer of this.presence.peers()) {
      const present = this.presence.get(peer)
      if (present === undefined) continue
      const { device, member } = present
      const isHeld = member === undefined ? this.#deps.receipts.has(device, sequence) : holders.has(member)
      if (!isHeld) this.syncs.offer(peer)
    }
  }

  /** What turns out to be missing while gossip is stored is asked for. */
  #watchGaps(from: PeerId): () => void {
    const before = this.#deps.room.state.history.missing
    return () => {
      // What was missing before is being asked for already, at its own pace.
      const news = [...this.#deps.room.state.history.missing.keys()].filter(id => !before.has(id))
      if (news.length > 0 || this.#deps.room.hasWaiting) this.#catchUp.request(from, news.slice(0, MAX_FETCH_IDS))
    }
  }

  async #take(entries: readonly StoredEntry[]): Promise<Taken> {
    const taken = await this.#deps.take(entries)
    this.#acknowledgements.owe(new Set(taken.stored.map(each => each.body.device)))
    return taken
  }

  /** Takes in what a member brought, and tells it at once what of its own is here now. */
  async #takeFrom(peer: PeerId, entries: readonly StoredEntry[]): Promise<Taken> {
    const taken = this.#counted(await this.#take(entries))
    const device = this.presence.get(peer)?.device
    if (taken.stored.some(({ body }) => body.device === device)) this.#acknowledgements.tell(peer)
    return taken
  }

  /** A member that syncs may do so as it has not heard what is here of its own: that can be lost in gossip. */
  #served(peer: PeerId): () => void {
    const end = this.#catchingUp.served()
    return () => {
      end()
      this.#acknowledgements.tell(peer)
    }
  }

  #after(delay: Millis, run: () => void): () => void {
    const cancel = this.#deps.clock.after(delay, () => {
      this.#cancels.delete(cancel)
      run()
    })
    this.#cancels.add(cancel)
    return () => {
      this.#cancels.delete(cancel)
      cancel()
    }
  }
}
