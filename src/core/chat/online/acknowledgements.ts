import { CappedMap, type Clock } from '../../bytes/index.ts'
import type { DeviceId, Identity, MemberId } from '../../identity/index.ts'
import type { PeerId } from '../../network/index.ts'
import type { Room } from '../room/room.ts'
import { mergeRanges, type SequenceRanges } from '../room/sequence-ranges.ts'
import {
  decodeAcknowledgement,
  isAcknowledgementGenuine,
  signAcknowledgement,
  type Acknowledgement
} from './acknowledgement.ts'
import { AcknowledgementTimer } from './acknowledgement-timer.ts'
import type { Role } from './exchange-codec.ts'
import { RateLimit, SECOND } from '../rate-limit.ts'
import type { Presence } from './presence.ts'

export interface AcknowledgementsDeps {
  readonly clock: Clock
  readonly room: Room
  readonly identity: Identity
  readonly presence: Presence
  readonly role: () => Role
  /** Gossips it. */
  readonly publish: (acknowledgement: Uint8Array) => Promise<void>
  readonly tell: (peer: PeerId, acknowledgement: Uint8Array) => Promise<unknown>
  /** Members have these of this device's entries. */
  readonly acknowledged: (heard: ReadonlyMap<MemberId, SequenceRanges>) => Promise<void>
  readonly kept: (keeper: string, held: SequenceRanges) => void
}

/** By one peer: its acknowledgements of a few rooms, and some after it was away. */
const MAX_TOLD_PER_SECOND = 32
/** Of devices that are not known yet. */
const MAX_EARLY = 64

/**
 * Tells authors what of theirs is durable here, and takes in what others say of this device's entries. Whatever fails is
 * made good by the next acknowledgement, which is cumulative.
 */
export class Acknowledgements {
  readonly #deps: AcknowledgementsDeps
  readonly #timer: AcknowledgementTimer
  readonly #early = new CappedMap<DeviceId, Acknowledgement>(MAX_EARLY)
  readonly #told: RateLimit
  /** What members say that they hold, and what is not stored yet. */
  readonly #heard = new Map<MemberId, SequenceRanges>()
  #isStoring = false
  #isStopped = false

  constructor(deps: AcknowledgementsDeps) {
    this.#deps = deps
    this.#told = new RateLimit(deps.clock, MAX_TOLD_PER_SECOND, SECOND)
    this.#timer = new AcknowledgementTimer(deps.clock, authors => void this.#tellAll(authors).catch(() => undefined))
  }

  /** Entries of these authors have become durable. */
  owe(authors: Iterable<DeviceId>): void {
    const { room, identity } = this.#deps
    const members = room.state.book.members().size
    for (const author of authors) if (author !== identity.certificate.device) this.#timer.owe(author, members)
  }

  /** Tells a member what of its own is here: it may have been away when that was said. */
  tell(peer: PeerId): void {
    void this.#tellHeld(peer).catch(() => undefined)
  }

  /** Takes in what a peer told by itself: each acknowledges ten times a second at the most. */
  async takeFrom(peer: PeerId, bytes: Uint8Array): Promise<void> {
    if (this.#told.lets(peer)) await this.take(bytes)
  }

  /** Takes in what was gossiped or told; checks the signature of those only that say something of this device's entries. */
  async take(bytes: Uint8Array): Promise<void> {
    const { room, identity } = this.#deps
    const decoded = decodeAcknowledgement(bytes)
    if (!decoded.ok || !decoded.value.held.has(identity.certificate.device)) return
    if (await isAcknowledgementGenuine(bytes, decoded.value, room.keys.roomId)) await this.#apply(decoded.value)
  }

  /** Devices may be known now that were not: what they said before counts. */
  async devicesChanged(): Promise<void> {
    for (const [device, early] of [...this.#early]) {
      if (this.#memberOf(device) === undefined) continue
      this.#early.delete(device)
      await this.#apply(early)
    }
  }

  stop(): void {
    this.#isStopped = true
    this.#timer.stop()
  }

  /** Tells everybody what of these authors is here. A keeper tells the authors alone: to others its word is none. */
  async #tellAll(authors: readonly DeviceId[]): Promise<void> {
    const { role, presence, publish } = this.#deps
    if (role() !== 'member') {
      const peers = presence.peersWith(new Set(authors))
      await Promise.all(peers.map(peer => this.#tellHeld(peer)))
      return
    }
    const acknowledgement = await this.#signHeld(authors)
    if (acknowledgement !== undefined && !this.#isStopped) await publish(acknowledgement)
  }

  async #tellHeld(peer: PeerId): Promise<void> {
    const device = this.#deps.presence.get(peer)?.device
    const acknowledgement = device && (await this.#signHeld([device]))
    if (acknowledgement !== undefined && !this.#isStopped) await this.#deps.tell(peer, acknowledgement)
  }

  async #signHeld(authors: readonly DeviceId[]): Promise<Uint8Array | undefined> {
    const { room, identity } = this.#deps
    const held = await room.held(authors)
    return held.size === 0 ? undefined : signAcknowledgement(identity, room.keys.roomId, held)
  }

  async #apply(acknowledgement: Acknowledgement): Promise<void> {
    const { identity, presence, kept } = this.#deps
    const { device } = acknowledgement
    const held = acknowledgement.held.get(identity.certificate.device) ?? []
    const member = this.#memberOf(device)
    if (member === undefined) {
      if (presence.isKeeper(device)) kept(device, held)
      else this.#early.set(device, acknowledgement)
      return
    }
    this.#heard.set(member, mergeRanges(this.#heard.get(member) ?? [], held))
    await this.#storeHeard()
  }

  /** A private room's members are known before they are met. */
  #memberOf(device: DeviceId): MemberId | undefined {
    const { book, control } = this.#deps.room.state
    return book.get(device)?.member ?? control?.room.memberOf(device)
  }

  /** What is said while the last is being stored is stored together: many who say little must not hold up what this device says. */
  async #storeHeard(): Promise<void> {
    if (this.#isStoring) return
    this.#isStoring = true
    try {
      while (this.#heard.size > 0) {
        const heard = new Map(this.#heard)
        this.#heard.clear()
        await this.#deps.acknowledged(heard)
      }
    } finally {
      this.#isStoring = false
    }
  }
}
