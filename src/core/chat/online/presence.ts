import type { DeviceId, MemberId } from '../../identity/index.ts'
import type { PeerId } from '../../network/index.ts'

/** The device behind a connected peer, as its hello showed. */
export interface PresentDevice {
  readonly device: DeviceId
  readonly member: MemberId
}

/** Which members of a room are connected, and through which peers. Capped by the number of connections. */
export class Presence {
  readonly #byPeer = new Map<PeerId, PresentDevice>()

  get(peer: PeerId): PresentDevice | undefined {
    return this.#byPeer.get(peer)
  }

  /** Whether the member was not present before. */
  add(peer: PeerId, present: PresentDevice): boolean {
    const isNew = !this.has(present.member)
    this.#byPeer.set(peer, present)
    return isNew
  }

  /** The member who is gone with this peer, if no other peer is theirs. */
  remove(peer: PeerId): MemberId | undefined {
    const present = this.#byPeer.get(peer)
    this.#byPeer.delete(peer)
    return present === undefined || this.has(present.member) ? undefined : present.member
  }

  has(member: MemberId): boolean {
    return this.peersOf(member).length > 0
  }

  peersOf(member: MemberId): PeerId[] {
    return this.peers().filter(peer => this.#byPeer.get(peer)?.member === member)
  }

  peers(): PeerId[] {
    return [...this.#byPeer.keys()]
  }
}
