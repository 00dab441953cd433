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
import { PerSecond } from './per-second.ts'
import { daysBy, timesOf, type RoomTime, type Times } from './day-keys.ts'

export interface TopicEvents {
  /** A gossiped entry with the right form, forwarded already; its author is not checked yet. */
  received(entry: Entry, from: PeerId): void
  /** A gossiped note, forwarded already; nothing of it is checked yet. */
  noted(note: Uint8Array): void
  /** A connected peer is in the room's topic. */
  joined(peer: PeerId): void
}

/** How often the day's end is looked for; topics overlap by far more. */
const ROTATION_CHECK: Millis = 60_000
/** Ids of gossiped entries remembered, so that an old message sent again is not forwarded again. */
const MAX_RECENT_IDS = 4096
/** Notes taken from one neighbour in a second: each of 32 members acknowledges ten times a second at the most. */
const MAX_NOTES_PER_SECOND = 320

/** A room's gossip: the topics and meeting places of today, and around midnight of a neighbouring day. */
export class Topics {
  readonly #network: Network
  readonly #keys: RoomKeys
  readonly #clock: Clock
  readonly #times: Times
  readonly #events: TopicEvents
  readonly #days = new Map<number, { membership: TopicMembership; leave: () => void }>()
  readonly #recent = new CappedMap<EntryId, true>(MAX_RECENT_IDS)
  readonly #notes: PerSecond
  readonly #stopRotating: () => void

  constructor(network: Network, keys: RoomKeys, time: RoomTime, events: TopicEvents) {
    this.#network = network
    this.#keys = keys
    this.#clock = time.clock
    this.#times = timesOf(time)
    this.#notes = new PerSecond(time.clock, MAX_NOTES_PER_SECOND)
    this.#events = events
    this.#rotate()
    this.#stopRotating = every(time.clock, ROTATION_CHECK, () => this.#rotate())
  }

  /** Gossips the entry on the topic of its own day; an older one travels by exchange alone. */
  async publish(entry: Entry): Promise<void> {
    const day = dayOf(entry.header.clock.ms)
    this.#recent.set(entry.id, true)
    await this.#publish(day, { kind: 'entry', entry })
  }

  /** Gossips what holds for now. */
  async publishNote(note: Uint8Array): Promise<void> {
    await this.#publish(dayOf(this.#clock.now()), { kind: 'note', note })
  }

  peers(): Set<PeerId> {
    return new Set([...this.#days.values()].flatMap(({ membership }) => membership.peers()))
  }

  stop(): void {
    this.#stopRotating()
    for (const { leave } of this.#days.values()) leave()
    this.#days.clear()
  }

  async #publish(day: number, gossip: Gossip): Promise<void> {
    const message = sealGossip(gossipKeys(this.#keys.rendezvousSecrets()[0], day), gossip)
    await this.#days.get(day)?.membership.publish(message)
  }

  #rotate(): void {
    const days = daysBy(this.#times)
    for (const [day, { leave }] of this.#days) {
      if (days.includes(day)) continue
      leave()
      this.#days.delete(day)
    }
    for (const day of days) if (!this.#days.has(day)) this.#days.set(day, this.#enter(day))
  }

  #enter(day: number): { membership: TopicMembership; leave: () => void } {
    const [secret] = this.#keys.rendezvousSecrets()
    const keys = gossipKeys(secret, day)
    const membership = this.#network.join(gossipTopic(secret, day), {
      validate: (message, from) => this.#validate(keys, day, message, from),
      deliver: (message, from) => this.#deliver(keys, message, from),
      joined: peer => this.#events.joined(peer)
    })
    const stopMeeting = this.#network.meet(meetingKey(secret, day))
    return {
      membership,
      leave() {
        stopMeeting()
        membership.leave()
      }
    }
  }

  /** Rejects only what its bringer could tell to be broken; an honest peer never is punished for an epoch or a clock. */
  #validate(keys: GossipKeys, day: number, message: Uint8Array, from: PeerId): Verdict {
    const opened = openGossip(keys, message)
    if (!opened.ok) return opened.error === 'broken' ? 'reject' : 'ignore'
    if (opened.value.kind === 'note') return this.#notes.lets(from) ? 'accept' : 'ignore'
    const { id, header } = opened.value.entry
    if (dayOf(header.clock.ms) !== day) return 'reject'
    if (this.#recent.has(id) || isAhead(header.clock, this.#clock.now())) return 'ignore'
    if (this.#keys.epochs.contentKey(header.class, header.epoch) === undefined) return 'ignore'
    this.#recent.set(id, true)
    return 'accept'
  }

  #deliver(keys: GossipKeys, message: Uint8Array, from: PeerId): void {
    const opened = openGossip(keys, message)
    if (!opened.ok) return
    if (opened.value.kind === 'note') this.#events.noted(opened.value.note)
    else this.#events.received(opened.value.entry, from)
  }
}
