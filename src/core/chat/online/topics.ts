import { CappedMap, every, type Clock, type Millis } from '../../bytes/index.ts'
import { dayOf, gossipKeys, gossipTopic, meetingKey, type RoomKeys } from '../../encryption/index.ts'
import {
  isAhead,
  openGossip,
  sealGossip,
  type Entry,
  type EntryId,
  type Gossip,
  type GossipKeys
} from '../../log/index.ts'
import type { Network, PeerId, TopicMembership, Verdict } from '../../network/index.ts'
import { daysBy, timesOf, type RoomTime, type Times } from './day-keys.ts'
import type { MeetingSecrets, SecretName } from './meeting-secrets.ts'
import { RateLimit, SECOND } from '../rate-limit.ts'

export interface TopicEvents {
  /** A gossiped entry with the right form, forwarded already; its author is not checked yet. */
  received(entry: Entry, from: PeerId): void
  /** A gossiped note, forwarded already; nothing of it is checked yet. */
  noted(note: Uint8Array): void
  /** A connected peer is in the room's topic. */
  joined(peer: PeerId): void
}

/** One day's topic and meeting place under one secret. */
interface Place {
  readonly secret: SecretName
  readonly day: number
  readonly keys: GossipKeys
  /** Ids gossiped here, so that an old message sent again is not forwarded again; who is here may not be elsewhere. */
  readonly recent: CappedMap<EntryId, true>
}

interface Entered extends Place {
  readonly membership: TopicMembership
  readonly leave: () => void
}

/** How often the day's end is looked for; topics overlap by far more. */
const ROTATION_CHECK: Millis = 60_000
const MAX_RECENT_IDS = 4096
/** Notes taken from one neighbour in a second: each of 32 members acknowledges ten times a second at the most. */
const MAX_NOTES_PER_SECOND = 320
/**
 * Control entries taken from one neighbour in a second on an older secret's topics, where those write as well who were removed: a
 * removal is a few entries, and what is more comes by sync.
 */
const MAX_OLDER_PER_SECOND = 8

/**
 * A room's gossip: the topics and meeting places of today, and around midnight of a neighbouring day, under each secret
 * that counts. What is said goes to the current one's alone: the others are for meeting, and for control entries.
 */
export class Topics {
  readonly #network: Network
  readonly #secrets: MeetingSecrets
  readonly #keys: RoomKeys
  readonly #clock: Clock
  readonly #times: Times
  readonly #events: TopicEvents
  readonly #entered = new Map<string, Entered>()
  readonly #notes: RateLimit
  readonly #older: RateLimit
  readonly #stopRotating: () => void

  constructor(
    network: Network,
    { keys, secrets, time }: { keys: RoomKeys; secrets: MeetingSecrets; time: RoomTime },
    events: TopicEvents
  ) {
    this.#network = network
    this.#secrets = secrets
    this.#keys = keys
    this.#clock = time.clock
    this.#times = timesOf(time)
    this.#notes = new RateLimit(time.clock, MAX_NOTES_PER_SECOND, SECOND)
    this.#older = new RateLimit(time.clock, MAX_OLDER_PER_SECOND, SECOND)
    this.#events = events
    this.rotate()
    this.#stopRotating = every(time.clock, ROTATION_CHECK, () => this.rotate())
  }

  /**
   * Gossips the entry on the topic of its own day; an older one travels by exchange alone.
   * @param age of the oldest secret under whose topics it goes, too: members who know no newer one can open it
   */
  async publish(entry: Entry, age = 0): Promise<void> {
    const day = dayOf(entry.header.clock.ms)
    const places = this.#placesOf(day).filter(({ secret }) => this.#secrets.ageOf(secret) <= age)
    for (const { recent } of places) recent.set(entry.id, true)
    await Promise.all(places.map(place => this.#publish(place, { kind: 'entry', entry })))
  }

  /** Gossips what holds for now. */
  async publishNote(note: Uint8Array): Promise<void> {
    const place = this.#placesOf(dayOf(this.#clock.now())).find(({ secret }) => secret === this.#secrets.current)
    if (place !== undefined) await this.#publish(place, { kind: 'note', note })
  }

  peers(): Set<PeerId> {
    return new Set([...this.#entered.values()].flatMap(({ membership }) => membership.peers()))
  }

  /** The newest secret in whose topics the peer is. */
  secretOf(peer: PeerId): SecretName | undefined {
    const places = [...this.#entered.values()]
    const isIn = (name: SecretName): boolean =>
      places.some(({ secret, membership }) => secret === name && membership.peers().includes(peer))
    return this.#secrets.names().find(isIn)
  }

  /** Days pass, and secrets change: leaves what does not count any more, and enters what does now. */
  rotate(): void {
    this.#secrets.refresh()
    const days = daysBy(this.#times)
    const names = this.#secrets.names()
    for (const [key, { secret, day, leave }] of this.#entered) {
      if (names.includes(secret) && days.includes(day)) continue
      leave()
      this.#entered.delete(key)
    }
    for (const name of names) {
      const secret = this.#secrets.get(name)
      for (const day of days) {
        const key = `${name} ${day}`
        if (secret !== undefined && !this.#entered.has(key)) this.#entered.set(key, this.#enter(name, secret, day))
      }
    }
  }

  stop(): void {
    this.#stopRotating()
    for (const { leave } of this.#entered.values()) leave()
    this.#entered.clear()
  }

  #placesOf(day: number): Entered[] {
    return [...this.#entered.values()].filter(each => each.day === day)
  }

  async #publish({ keys, membership }: Entered, gossip: Gossip): Promise<void> {
    await membership.publish(sealGossip(keys, gossip))
  }

  #enter(name: SecretName, secret: Uint8Array, day: number): Entered {
    const place: Place = { secret: name, day, keys: gossipKeys(secret, day), recent: new CappedMap(MAX_RECENT_IDS) }
    const membership = this.#network.join(gossipTopic(secret, day), {
      validate: (message, from) => this.#validate(place, message, from),
      deliver: (message, from) => this.#deliver(place, message, from),
      joined: peer => this.#events.joined(peer)
    })
    const stopMeeting = this.#network.meet(meetingKey(secret, day))
    return {
      ...place,
      membership,
      leave() {
        stopMeeting()
        membership.leave()
      }
    }
  }

  /** Rejects only what its bringer could tell to be broken; an honest peer never is punished for an epoch or a clock. */
  #validate({ secret, day, keys, recent }: Place, message: Uint8Array, from: PeerId): Verdict {
    const opened = openGossip(keys, message)
    if (!opened.ok) return opened.error === 'broken' ? 'reject' : 'ignore'
    const isOlder = secret !== this.#secrets.current
    if (opened.value.kind === 'note') return !isOlder && this.#notes.lets(from) ? 'accept' : 'ignore'
    const { id, header } = opened.value.entry
    if (dayOf(header.clock.ms) !== day) return 'reject'
    if (recent.has(id) || isAhead(header.clock, this.#clock.now())) return 'ignore'
    // To whoever says it here the secret is the current one still.
    if (isOlder && (header.class !== 'control' || !this.#older.lets(from))) return 'ignore'
    if (this.#keys.epochs.contentKey(header.class, header.epoch) === undefined) return 'ignore'
    recent.set(id, true)
    return 'accept'
  }

  #deliver({ keys }: Place, message: Uint8Array, from: PeerId): void {
    const opened = openGossip(keys, message)
    if (!opened.ok) return
    if (opened.value.kind === 'note') this.#events.noted(opened.value.note)
    else this.#events.received(opened.value.entry, from)
  }
}
