import { CappedMap, type Clock, type Millis } from '../../bytes/index.ts'
import type { DeviceId, DisplayName, Identity, MemberId } from '../../identity/index.ts'
import type { Network, PeerId } from '../../network/index.ts'
import type { Profile } from '../room/content.ts'
import type { Room } from '../room/room.ts'
import type { ExchangeMessage, Hello, Role } from './exchange-codec.ts'
import { createHello, verifyHello } from './greeting.ts'
import type { MeetingKeys, MeetingSecrets, SecretName } from './meeting-secrets.ts'
import { RateLimit, SECOND } from '../rate-limit.ts'
import type { Presence, PresentDevice } from './presence.ts'

/**
 * What a device is in the room, as far as is known here: `unknown`: nobody's of whom it is known that they were let in, or let go.
 * In an open room everybody's is in.
 */
export type Standing = 'in' | 'out' | 'unknown'

export interface MeetingDeps {
  readonly network: Network
  readonly room: Room
  readonly identity: Identity
  readonly clock: Clock
  /** This device's own time, which `clock` may correct. */
  readonly ownTime: () => Millis
  /** What this device is in the room now. */
  readonly role: () => Role
  readonly nick: () => DisplayName
  readonly standing: (device: DeviceId, member: MemberId) => Standing
  readonly presence: Presence
  readonly secrets: MeetingSecrets
  /** What a peer is to be asked under now. */
  readonly keysFor: (peer: PeerId) => MeetingKeys
  readonly exchange: (peer: PeerId, message: ExchangeMessage, keys: MeetingKeys) => Promise<ExchangeMessage[]>
  /** A member, or a keeper, has shown who it is; `isNew`: whoever it is was not present before. */
  readonly entered: (peer: PeerId, present: PresentDevice, isNew: boolean) => Promise<void>
  /** The device is not behind its peer any more; `member`: who is gone with it altogether. */
  readonly absent: (before: PresentDevice, member: MemberId | undefined) => void
  /** The peer knows a secret of the room, and is not in; `isNew`: it was not met so before. */
  readonly visited: (peer: PeerId, isNew: boolean) => void
  /** The peer was in, and is not any more. */
  readonly dismissed: (peer: PeerId) => void
}

/** Whoever showed a device: by its hello, the last that counted. */
interface Met {
  readonly device: DeviceId
  readonly member: MemberId
  readonly role: Role
  readonly profile: Profile
  readonly ahead: Millis
  standing: Standing
}

/** Peers of which it is remembered that they have gone; more than are connected at a time. */
const MAX_DEPARTURES = 4096
/** By one peer that is not in: each costs four signatures. Two that meet say two, and one in a while. */
const MAX_HELLOS_PER_SECOND = 8

/**
 * Who is behind which peer: says hello, takes hellos in, and keeps the room's presence, in which only those are who are in. Whoever
 * showed a secret and a device and is not, or not yet, is a visitor.
 */
export class Meeting {
  readonly #deps: MeetingDeps
  /** How often a peer has gone, to tell whether it went while its hello was being checked. */
  readonly #departures = new CappedMap<PeerId, number>(MAX_DEPARTURES)
  /** Bounded by connections, as is the next. */
  readonly #met = new Map<PeerId, Met>()
  /** The newest secret that the peer has shown to know. */
  readonly #under = new Map<PeerId, SecretName>()
  readonly #hellos: RateLimit
  #isStopped = false

  constructor(deps: MeetingDeps) {
    this.#deps = deps
    this.#hellos = new RateLimit(deps.clock, MAX_HELLOS_PER_SECOND, SECOND)
  }

  /** Rejects when no hello that counts came back. */
  async sayHello(peer: PeerId): Promise<void> {
    const { ownTime, exchange, keysFor } = this.#deps
    const keys = keysFor(peer)
    const hello = await this.#hello(peer, keys)
    const saidAt = ownTime()
    const [answer] = await exchange(peer, { kind: 'hello', hello }, keys)
    const answeredAt = (saidAt + ownTime()) / 2
    if (answer?.kind !== 'hello' || !(await this.#meet(answer.hello, peer, keys, answeredAt)))
      throw new Error('no hello in return')
  }

  /** Takes a hello in that came under these keys; the hello in return, if it counts. */
  async answerHello(hello: Hello, from: PeerId, keys: MeetingKeys): Promise<Hello | undefined> {
    if (this.#deps.presence.get(from) === undefined && !this.#hellos.lets(from)) return undefined
    return (await this.#meet(hello, from, keys, this.#deps.ownTime())) ? this.#hello(from, keys) : undefined
  }

  /** Undefined: it has shown no device yet. */
  standingOf(peer: PeerId): Standing | undefined {
    return this.#met.get(peer)?.standing
  }

  /** The newest secret by which the peer was met. */
  secretOf(peer: PeerId): SecretName | undefined {
    return this.#under.get(peer)
  }

  /** Who is in may have changed, or have become known. */
  judgeAll(): void {
    // What cannot be stored has been told of already; the next hello enters them again.
    for (const peer of [...this.#met.keys()]) void this.judge(peer).catch(() => undefined)
  }

  async judge(peer: PeerId): Promise<void> {
    const met = this.#met.get(peer)
    if (met === undefined) return
    const before = met.standing
    met.standing = this.#deps.standing(met.device, met.member)
    if (met.standing === before) return
    if (met.standing === 'in') await this.#enter(peer, met)
    else this.#turnAway(peer, before === 'in')
  }

  /** The connection is gone. */
  left(peer: PeerId): void {
    this.#departures.set(peer, (this.#departures.get(peer) ?? 0) + 1)
    this.#met.delete(peer)
    this.#under.delete(peer)
    this.#absent(peer)
  }

  stop(): void {
    this.#isStopped = true
  }

  #hello(to: PeerId, { tag }: MeetingKeys): Promise<Hello> {
    const { identity, room, network, role, nick, ownTime } = this.#deps
    const said = { role: role(), nick: nick(), time: ownTime() }
    return createHello(identity, { room: room.keys.roomId, tag }, { from: network.self, to }, said)
  }

  /** @param saidAt when the hello was said, by this device's own clock */
  async #meet(hello: Hello, peer: PeerId, { tag, secret }: MeetingKeys, saidAt: Millis): Promise<boolean> {
    const { room, network, secrets, standing } = this.#deps
    const departure = this.#departures.get(peer) ?? 0
    const certificate = await verifyHello(hello, { room: room.keys.roomId, tag }, { from: peer, to: network.self })
    if (certificate === undefined || this.#hasLeft(peer, departure)) return false
    const { device, member } = certificate
    const before = this.#met.get(peer)
    const isNew = before?.device !== device || before.standing === 'in'
    const ahead = hello.time - saidAt
    const met = { device, member, role: hello.role, profile: hello, ahead, standing: standing(device, member) }
    this.#met.set(peer, met)
    this.#under.set(peer, secrets.newest(secret, this.#under.get(peer)))
    if (met.standing === 'in') return this.#enter(peer, met)
    this.#turnAway(peer, isNew)
    return true
  }

  #hasLeft(peer: PeerId, departure: number): boolean {
    return this.#isStopped || (this.#departures.get(peer) ?? 0) !== departure
  }

  /** Whether it is here, and in, by the time that it is known. */
  async #enter(peer: PeerId, met: Met): Promise<boolean> {
    const { presence, entered } = this.#deps
    const { device } = met
    const departure = this.#departures.get(peer) ?? 0
    const present = await this.#introduce(met)
    if (this.#hasLeft(peer, departure)) return false
    // It may be judged otherwise by now, or be another's: then that was told of.
    const latest = this.#met.get(peer)
    if (latest?.device !== device || latest.standing !== 'in') return true
    const before = presence.get(peer)
    if (before?.device !== device || before.member !== present.member) this.#absent(peer)
    await entered(peer, present, presence.add(peer, present))
    return true
  }

  /** A keeper is not taken in among the room's devices: it is no member. */
  async #introduce({ device, member, role, profile, ahead }: Met): Promise<PresentDevice> {
    if (role !== 'member') return { device, member: undefined, isFull: role === 'full-keeper', ahead }
    // Whoever finds no place among the devices that wrote is met all the same, and reads what was said.
    await this.#deps.room.introduce(profile, this.#deps.clock.now())
    return { device, member, ahead }
  }

  #turnAway(peer: PeerId, isNew: boolean): void {
    if (this.#deps.presence.get(peer) !== undefined) this.#deps.dismissed(peer)
    this.#absent(peer)
    this.#deps.visited(peer, isNew)
  }

  #absent(peer: PeerId): void {
    const { presence, absent } = this.#deps
    const before = presence.get(peer)
    if (before === undefined) return
    absent(before, presence.remove(peer))
  }
}
