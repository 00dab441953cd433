import type { Millis } from '../../bytes/index.ts'
import type { DeviceId, MemberId } from '../../identity/index.ts'
import type { PeerId } from '../../network/index.ts'

/** The device behind a connected peer, as its hello showed. */
export interface PresentDevice {
  readonly device: DeviceId
  /** Undefined: a keeper, which is nobody's. */
  readonly member: MemberId | undefined
  /** A keeper that stores no more of the room. */
  readonly isFull?: boolean
  /** How far its clock is ahead of this device's; negative: behind. */
  readonly ahead?: Millis
}

/** Which members and keepers of a room are connected, and through which peers. Capped by the number of connections. */
export class Presence {
  readonly #byPeer = new Map<PeerId, PresentDevice>()

  get(peer: PeerId): PresentDevice | undefined {
    return this.#byPeer.get(peer)
  }

  /** Whether the member, or the keeper as it is, was not present before. */
  add(peer: PeerId, present: PresentDevice): boolean {
    const isNew = present.member === undefined ? this.#isNewKeeper(peer, present) : !this.has(present.member)
    this.#byPeer.set(peer, present)
    return isNew
  }

  /** The member who is gone with this peer, if no other peer is theirs. */
  remove(peer: PeerId): MemberId | undefined {
    const present = this.#byPeer.get(peer)
    this.#byPeer.delete(peer)
    const member = present?.member
    return member === undefined || this.has(member) ? undefined : member
  }

  has(member: MemberId): boolean {
    return this.peersOf(member).length > 0
  }

  peersOf(member: MemberId): PeerId[] {
    return this.peers().filter(peer => this.#byPeer.get(peer)?.member === member)
  }

  /** One clock for each member, as the device met last has it. */
  clocksAhead(): Map<MemberId, Millis> {
    const all = [...this.#byPeer.values()]
    return new Map(
      all.flatMap(({ member, ahead }) => (member === undefined || ahead === undefined ? [] : [[member, ahead]]))
    )
  }

  keepers(): PeerId[] {
    return this.peers().filter(peer => this.#byPeer.get(peer)?.member === undefined)
  }

  /** Those that still store what is said. */
  keepersWithSpace(): PeerId[] {
    return this.keepers().filter(peer => this.#byPeer.get(peer)?.isFull !== true)
  }

  isKeeper(device: DeviceId): boolean {
    return this.keepers().some(peer => this.#byPeer.get(peer)?.device === device)
  }

  /** Through which peers these devices are connected. */
  peersWith(devices: ReadonlySet<DeviceId>): PeerId[] {
    return this.peers().filter(peer => devices.has(this.#byPeer.get(peer)?.device ?? ('' as DeviceId)))
  }

  /** Members' and keepers'. */
  peers(): PeerId[] {
    return [...this.#byPeer.keys()]
  }

  #isNewKeeper(peer: PeerId, { isFull }: PresentDevice): boolean {
    const before = this.#byPeer.get(peer)
    return before === undefined || before.isFull !== isFull
  }
}
