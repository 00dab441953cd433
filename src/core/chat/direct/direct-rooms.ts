import { NotAllowedError, type Clock, type RandomBytes } from '../../bytes/index.ts'
import { loadGroupKeys } from '../../encryption/index.ts'
import type { DeviceCertificate, DeviceId, Identity, MemberId } from '../../identity/index.ts'
import type { Storage } from '../../log/index.ts'
import type { Network } from '../../network/index.ts'
import { decodeLink, type JoinLink } from '../invite-link.ts'
import type { Listeners } from '../listeners.ts'
import type { LiveRoom } from '../live-room.ts'
import type { OwnPrivateRooms } from '../own-private-rooms.ts'
import type { OwnRooms } from '../own-rooms.ts'
import type { PeerEvent, RoomSummary } from '../peer.ts'
import { foundRoom } from '../room/found-room.ts'
import { saveRoomRecord, type DirectRecord, type DirectRoom } from '../room-records.ts'
import { Serial } from '../serial.ts'
import { verifiedMembers } from '../verified-members.ts'
import { acquaintances, findAcquaintance, type Acquaintance } from './acquaintances.ts'
import { openDirectLetter, type DirectLetter } from './direct-letter.ts'
import { standingOf } from './direct-of.ts'
import { DirectPost, type OutgoingLink } from './direct-post.ts'
import { isRefused, lastLeftWith, noteRefused, wasLeft } from './ended-conversations.ts'

export interface DirectRoomsDeps {
  readonly storage: Storage
  readonly clock: Clock
  readonly random: RandomBytes
  readonly identity: Identity
  readonly events: Listeners<PeerEvent>
  readonly rooms: OwnRooms
  readonly privateRooms: OwnPrivateRooms
  readonly nick: () => string
}

/** In its log; what is shown is the other's name. */
const ROOM_NAME = 'Direct'
const DAY = 86_400_000
/** Longer than a letter waits at a keeper. Whose the link is, is sealed, and it lets in nobody else: an early end protects nothing. */
const LINK_LASTS = 30 * DAY
/** A link that ends sooner is made anew. */
const LINK_LASTS_STILL = 15 * DAY
/** What was said in a conversation that gives way to the other's. */
const MAX_MOVED = 1000

/**
 * Direct conversations: private rooms of two, whose `create` names the other.
 *
 * 1. Whoever writes first makes the room, and brings the other the link into it, sealed to their devices.
 * 2. Of two that began at one time, each before the other's letter came, the one of the lower member id goes on: the other member, when in,
 *    says there again what they had said in theirs, and leaves theirs.
 * 3. A letter counts of members of a room here alone. Of a private one, or when this device's user has compared safety numbers with them or
 *    written to them, it is followed at once; else the user is asked.
 * 4. A room that turns out not to be one of these two is left.
 */
export class DirectRooms {
  readonly #deps: DirectRoomsDeps
  readonly #turns = new Serial()
  #post: DirectPost | undefined
  #isDue = false

  constructor(deps: DirectRoomsDeps) {
    this.#deps = deps
    deps.events.listen(event => {
      if (event.event === 'room' || event.event === 'member') this.#settleSoon()
    })
  }

  goOnline(network: Network): void {
    const { clock, random, identity } = this.#deps
    this.#post = new DirectPost({
      network,
      clock,
      random,
      identity,
      outgoing: () => this.#outgoing(),
      correspondents: () => this.#correspondents(),
      take: letter => this.#take(letter)
    })
    this.#settleSoon()
  }

  goOffline(): void {
    this.#post?.stop()
    this.#post = undefined
  }

  open(reference: string): Promise<RoomSummary> {
    return this.#turns.run(async () => {
      const { rooms, storage } = this.#deps
      const known = this.#find(reference)
      const { member } = known
      await noteRefused(storage.records, member, false)
      const live = this.#alive(member)
      if (live !== undefined) return rooms.summaryOf(live.record.id)
      if (this.#isTakenOut(member))
        throw new NotAllowedError(`this device was taken out of the conversation with ${known.nick}: write at another`)
      const pending = rooms.joins.directWith(member)
      if (pending !== undefined) return rooms.summaryOf(pending)
      const request = rooms.requests.of(member)
      const accepted = request && (await this.#accept(request))
      return accepted ?? this.#begin(known)
    })
  }

  async #begin({ member, nick }: Acquaintance): Promise<RoomSummary> {
    const { rooms } = this.#deps
    const groupKeys = await loadGroupKeys()
    const id = await foundRoom({ ...this.#deps, groupKeys }, { name: ROOM_NAME, history: 'all', other: member })
    const instead = await lastLeftWith(this.#deps.storage.records, member)
    const direct = { member, nick, ...(instead && { instead }) }
    await rooms.enterPrivate({ id, name: nick, kind: 'private', remembered: [], direct })
    await this.#settle()
    return rooms.summaryOf(id)
  }

  /** Undefined when its link is over. */
  async #accept({ id, direct }: DirectRoom): Promise<RoomSummary | undefined> {
    const { rooms, clock } = this.#deps
    const { link: text = '', member, nick, until } = direct
    const link = decodeLink(text, clock.now())
    if (!link.ok || link.value.kind !== 'join') {
      await rooms.stopAsking(id)
      return undefined
    }
    rooms.requests.delete(id)
    return rooms.joinPrivate(text, link.value, clock.now(), { member, nick, ...(until !== undefined && { until }) })
  }

  /** Whether it is done with. */
  async #take(sealed: Uint8Array): Promise<boolean> {
    const letter = await openDirectLetter(this.#deps.identity, sealed)
    const link = letter && decodeLink(letter.link, this.#deps.clock.now())
    if (letter === undefined || link?.ok !== true || link.value.kind !== 'join') return false
    const { value } = link
    return this.#turns.run(() => this.#consider(letter, value))
  }

  /** Tells a stranger nothing of what this device's user decided: what is refused is put off, as what comes when too many wait. */
  async #consider({ from, link: text, instead }: DirectLetter, link: JoinLink): Promise<boolean> {
    const { rooms, clock, storage } = this.#deps
    const { roomId } = link
    const known = this.#acquaintances().get(from.member)
    if (known === undefined) return false
    const isHere = rooms.joins.has(roomId) || rooms.summaries().some(({ id }) => id === roomId)
    if (isHere || (await wasLeft(storage.records, roomId))) return true
    if (await isRefused(storage.records, from.member)) return false
    const live = this.#alive(from.member)
    if (live !== undefined && live.record.id === instead && isIn(live.live, from)) {
      await rooms.saveDirect(instead, { ...live.record.direct, hasLeft: true })
    } else if (live !== undefined && this.#goesOn(live.live, from)) {
      if (live.record.direct.link !== undefined) this.#post?.again(live.record.direct.link)
      return true
    }
    const pending = rooms.joins.directWith(from.member)
    const until = link.said.expires
    // Letters of before wait at keepers, too, and come again at each look.
    const asked = pending === undefined ? rooms.requests.of(from.member)?.direct : rooms.joins.directOf(pending)
    if ((asked?.until ?? 0) >= until) return true
    const direct = { member: known.member, nick: known.nick, until }
    const isVerified = (await verifiedMembers(storage.records).list()).has(from.member)
    if (live === undefined && pending === undefined && !known.isClose && !isVerified) {
      return this.#ask(link, { ...direct, link: text, isRequest: true })
    }
    if (pending !== undefined) await rooms.stopAsking(pending)
    await rooms.joinPrivate(text, link, clock.now(), direct)
    return true
  }

  /** Whether the conversation that is here goes on in spite of another that this device of the other began. */
  #goesOn(live: LiveRoom, { member, device }: DeviceCertificate): boolean {
    const known = live.membership?.access().members.get(member)
    if (known === undefined) return this.#self < member
    // A new device of theirs, which has lost the other's rooms, comes into a room of its own; not so one that they took out.
    return known.devices.has(device) || known.revoked.has(device)
  }

  async #ask({ roomId }: JoinLink, direct: DirectRecord): Promise<boolean> {
    const { rooms, storage, events } = this.#deps
    const before = rooms.requests.of(direct.member)
    if (before === undefined && rooms.requests.isFull) return false
    if (before !== undefined) await rooms.stopAsking(before.id)
    const record: DirectRoom = { id: roomId, name: direct.nick, kind: 'private', remembered: [], direct }
    await saveRoomRecord(storage.records, record)
    rooms.requests.add(record)
    events.emit({ event: 'room', room: roomId, change: 'joining' })
    return true
  }

  #settleSoon(): void {
    if (this.#isDue) return
    this.#isDue = true
    void this.#turns
      .run(() => {
        this.#isDue = false
        return this.#settle()
      })
      // It is tried again with the next news.
      .catch(() => undefined)
  }

  /** Rules 2 and 4, and links for those who have not come in. */
  async #settle(): Promise<void> {
    const { rooms } = this.#deps
    for (const { live, record } of rooms.directs()) {
      const standing = standingOf(live, record.direct)
      if (standing === 'other') await this.#leaveOther(record)
      if (standing === 'mine') await this.#renewLink(live, record)
      if (standing === 'both') await this.#arrived(live, record)
    }
    this.#post?.look()
  }

  async #leaveOther({ id, direct }: DirectRoom): Promise<void> {
    const { rooms, events } = this.#deps
    const text = `${direct.nick} invited you to a direct conversation that was none: you have left it.`
    events.emit({ event: 'warning', code: 'not-direct', text, member: direct.member })
    await rooms.drop(id)
  }

  async #renewLink(live: LiveRoom, { id, direct }: DirectRoom): Promise<void> {
    const { rooms, privateRooms, clock } = this.#deps
    const now = clock.now()
    if ((direct.until ?? 0) > now + LINK_LASTS_STILL) return
    const link = await privateRooms.inviteInto(live, { role: 'owner', lasts: LINK_LASTS, uses: 1 })
    await rooms.saveDirect(id, { ...direct, link, until: now + LINK_LASTS })
  }

  async #arrived(live: LiveRoom, { id, direct }: DirectRoom): Promise<void> {
    const { rooms } = this.#deps
    const { link, member, nick } = direct
    if (link !== undefined) await rooms.saveDirect(id, { member, nick })
    for (const other of rooms.directs()) {
      const isMine = other.record.id !== id && other.record.direct.member === member
      if (!isMine || standingOf(other.live, other.record.direct) !== 'mine') continue
      await this.#giveWay(other.live, live)
    }
  }

  /** What is said there from now on is said in the other, and what is on its way into the store at this moment is said again after all. */
  async #giveWay(from: LiveRoom, to: LiveRoom): Promise<void> {
    const { rooms } = this.#deps
    const [{ roomId: before }, { roomId: now }] = [from.keys, to.keys]
    rooms.givenWay.note(before, now)
    const moved = await this.#sayAgain(from, to, new Set())
    await rooms.drop(before)
    await this.#sayAgain(from, to, moved)
  }

  async #sayAgain(from: LiveRoom, to: LiveRoom, done: ReadonlySet<string>): Promise<ReadonlySet<string>> {
    const { rooms, events } = this.#deps
    const said = (await from.messages(MAX_MOVED)).filter(({ own, deleted }) => own && deleted !== true)
    for (const { id, text } of said.filter(each => !done.has(each.id))) {
      const as = await to.send(text)
      rooms.givenWay.note(id, as)
      events.emit({ event: 'moved', room: to.keys.roomId, id, as })
    }
    return new Set(said.map(({ id }) => id))
  }

  /** The conversation that goes on with this member; one that they are in first. */
  #alive(member: MemberId): { readonly live: LiveRoom; readonly record: DirectRoom } | undefined {
    const all = this.#deps.rooms.directs().filter(({ record }) => record.direct.member === member)
    const standing = ({ live, record }: { live: LiveRoom; record: DirectRoom }) => standingOf(live, record.direct)
    return (
      all.find(each => standing(each) === 'both') ??
      all.find(each => standing(each) === 'mine' || standing(each) === 'early')
    )
  }

  /** Whether this device was, while its member is in. */
  #isTakenOut(member: MemberId): boolean {
    const all = this.#deps.rooms.directs().filter(({ record }) => record.direct.member === member)
    return all.some(({ live }) => live.membership?.summary().ended === 'device-removed')
  }

  #find(reference: string): Acquaintance {
    const { rooms, nick } = this.#deps
    const known = this.#acquaintances()
    for (const direct of [...rooms.requests.all().map(each => each.direct), ...rooms.joins.directs()]) {
      if (known.has(direct.member)) continue
      known.set(direct.member, { ...direct, devices: new Set(), isClose: false })
    }
    return findAcquaintance(known.values(), reference, { member: this.#self, nick: nick() })
  }

  #acquaintances(): Map<MemberId, Acquaintance> {
    return acquaintances(this.#deps.rooms.live(), this.#self)
  }

  get #self(): MemberId {
    return this.#deps.identity.certificate.member
  }

  #outgoing(): OutgoingLink[] {
    const { rooms } = this.#deps
    const known = this.#acquaintances()
    return rooms.directs().flatMap(({ live, record: { direct } }) => {
      const { link, instead, member } = direct
      if (link === undefined || standingOf(live, direct) !== 'mine') return []
      const present = rooms.live().flatMap(({ link: online }) =>
        (online?.presence.peersOf(member) ?? []).flatMap(peer => {
          const device = online?.presence.get(peer)?.device
          return device === undefined ? [] : [{ peer, device }]
        })
      )
      return [{ link, instead, devices: [...(known.get(member)?.devices ?? [])], present }]
    })
  }

  /** Those whose member is in no conversation with this one yet, then the others: they may have left it, and begun another. */
  #correspondents(): DeviceId[] {
    const { rooms } = this.#deps
    const inTouch = new Set(
      rooms.directs().flatMap(({ live, record: { direct } }) => {
        return standingOf(live, direct) === 'both' ? [direct.member] : []
      })
    )
    const known = [...this.#acquaintances().values()]
    const isInTouch = ({ member }: Acquaintance): number => Number(inTouch.has(member))
    return known.toSorted((a, b) => isInTouch(a) - isInTouch(b)).flatMap(({ devices }) => [...devices])
  }
}

/** Whether this device is in as its member's: one that was taken out decides nothing for them. */
function isIn({ membership }: LiveRoom, { member, device }: DeviceCertificate): boolean {
  return membership?.access().members.get(member)?.devices.has(device) === true
}
