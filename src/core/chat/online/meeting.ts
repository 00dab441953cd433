import { CappedMap, type Clock, type Millis } from '../../bytes/index.ts'
import type { DeviceCertificate, DisplayName, Identity, MemberId } from '../../identity/index.ts'
import type { Network, PeerId } from '../../network/index.ts'
import type { Room } from '../room/room.ts'
import type { ExchangeMessage, Hello, Role } from './exchange-codec.ts'
import { createHello, verifyHello } from './greeting.ts'
import type { Presence, PresentDevice } from './presence.ts'

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
  readonly presence: Presence
  readonly exchange: (peer: PeerId, message: ExchangeMessage) => Promise<ExchangeMessage[]>
  /** The peer has shown who it is; `isNew`: whoever it is was not present before. */
  readonly entered: (peer: PeerId, present: PresentDevice, isNew: boolean) => Promise<void>
  /** The device is not behind its peer any more; `member`: who is gone with it altogether. */
  readonly absent: (before: PresentDevice, member: MemberId | undefined) => void
}

/** Peers of which it is remembered that they have gone; more than are connected at a time. */
const MAX_DEPARTURES = 4096

/** Who is behind which peer: says hello, takes hellos in, and keeps the room's presence. */
export class Meeting {
  readonly #deps: MeetingDeps
  /** How often a peer has gone, to tell whether it went while its hello was being checked. */
  readonly #departures = new CappedMap<PeerId, number>(MAX_DEPARTURES)
  #isStopped = false

  constructor(deps: MeetingDeps) {
    this.#deps = deps
  }

  /** Rejects when no hello that counts came back. */
  async sayHello(peer: PeerId): Promise<void> {
    const { ownTime, exchange } = this.#deps
    const saidAt = ownTime()
    const [answer] = await exchange(peer, { kind: 'hello', hello: await this.#hello(peer) })
    const answeredAt = (saidAt + ownTime()) / 2
    if (answer?.kind !== 'hello' || !(await this.#meet(answer.hello, peer, answeredAt)))
      throw new Error('no hello in return')
  }

  /** Takes a hello in; the hello in return, if it counts. */
  async answerHello(hello: Hello, from: PeerId): Promise<Hello | undefined> {
    return (await this.#meet(hello, from, this.#deps.ownTime())) ? this.#hello(from) : undefined
  }

  /** The connection is gone. */
  left(peer: PeerId): void {
    this.#departures.set(peer, (this.#departures.get(peer) ?? 0) + 1)
    this.#absent(peer)
  }

  stop(): void {
    this.#isStopped = true
  }

  #hello(to: PeerId): Promise<Hello> {
    const { identity, room, network, role, nick, ownTime } = this.#deps
    const direction = { from: network.self, to }
    return createHello(identity, room.keys.roomId, direction, { role: role(), nick: nick(), time: ownTime() })
  }

  /** @param saidAt when the hello was said, by this device's own clock */
  async #meet(hello: Hello, peer: PeerId, saidAt: Millis): Promise<boolean> {
    const { room, network, presence, entered } = this.#deps
    const departure = this.#departures.get(peer)
    const certificate = await verifyHello(hello, room.keys.roomId, { from: peer, to: network.self })
    if (certificate === undefined) return false
    const present = { ...(await this.#introduce(hello, certificate)), ahead: hello.time - saidAt }
    const isGone = this.#departures.get(peer) !== departure
    if (isGone || this.#isStopped) return false
    const before = presence.get(peer)
    if (before?.device !== present.device || before.member !== present.member) this.#absent(peer)
    await entered(peer, present, presence.add(peer, present))
    return true
  }

  /** A keeper is not taken in among the room's devices: it is no member. */
  async #introduce(hello: Hello, { device, member }: DeviceCertificate): Promise<PresentDevice> {
    if (hello.role !== 'member') return { device, member: undefined, isFull: hello.role === 'full-keeper' }
    // Whoever finds no place among the devices that wrote is met all the same, and reads what was said.
    await this.#deps.room.introduce(hello, this.#deps.clock.now())
    return { device, member }
  }

  #absent(peer: PeerId): void {
    const { presence, absent } = this.#deps
    const before = presence.get(peer)
    if (before === undefined) return
    absent(before, presence.remove(peer))
  }
}
