import { CappedMap, type Clock, type Millis, type RandomBytes } from '../../bytes/index.ts'
import { MAX_LACKED_EPOCHS, type HandedOver, type Lacked } from '../../encryption/index.ts'
import type { StoredEntry } from '../../log/index.ts'
import type { PeerId } from '../../network/index.ts'
import { MINUTE, RateLimit } from '../rate-limit.ts'
import type { Room } from '../room/room.ts'

export interface LackingDeps {
  readonly room: Pick<Room, 'lacked' | 'takeHandedOver'>
  readonly clock: Clock
  readonly random: RandomBytes
  readonly isMember: (peer: PeerId) => boolean
  /** Rejects when the member gives nothing. */
  readonly askFor: (lacked: Lacked, from: PeerId) => Promise<HandedOver>
  /** Stores what was taken, with all that opens by it, and tells the user. */
  readonly take: (entries: readonly StoredEntry[]) => Promise<unknown>
  readonly comeBack: (groupInfo: Uint8Array) => Promise<unknown>
  /** By which members meet may be known better now. */
  readonly secretsChanged: () => void
  readonly sync: (peer: PeerId) => void
}

/** Each brings something new, or is the last until the next sync. */
const QUESTIONS_PER_MINUTE = 8
/** Nobody may have what a member claimed without making it: that is not asked for at each greeting. */
const PAUSE: Millis = 2 * MINUTE
/** More than are connected at a time. */
const MAX_IN_VAIN = 256

/**
 * Asks members for what the log brings to nobody: keys of those who were apart for long, and the way back for who cannot open what all
 * go on from. Only when a sync has shown that all is here that a member has, and for the way back only when an answer brought
 * nothing new: what is concluded in the middle of a log is wrong.
 */
export class Lacking {
  readonly #deps: LackingDeps
  readonly #questions: RateLimit
  readonly #inVain = new CappedMap<PeerId, { readonly lacked: string; readonly until: Millis }>(MAX_IN_VAIN)

  constructor(deps: LackingDeps) {
    this.#deps = deps
    this.#questions = new RateLimit(deps.clock, QUESTIONS_PER_MINUTE, MINUTE)
  }

  /** This member has said hello, and may begin a sync; but only who drives one knows when all came. */
  async met(peer: PeerId): Promise<void> {
    if ((await this.#toAskFor(peer)) !== undefined) this.#deps.sync(peer)
  }

  /** All control entries that this member has are here. */
  async compared(peer: PeerId): Promise<void> {
    const { clock, room, askFor, take, comeBack, secretsChanged, sync } = this.#deps
    const lacked = await this.#toAskFor(peer)
    if (lacked === undefined || !this.#questions.lets(peer)) return
    const handed = await askFor(this.#some(lacked), peer)
    if (await room.takeHandedOver(handed)) {
      await take([])
      secretsChanged()
      // More of the log may open now: it goes on behind that.
      return sync(peer)
    }
    if (handed.groupInfo !== undefined) return void (await comeBack(handed.groupInfo))
    this.#inVain.set(peer, { lacked: nameOf(lacked), until: clock.now() + PAUSE })
  }

  /** What is lacking here, unless the member was asked for that a moment ago and had nothing. */
  async #toAskFor(peer: PeerId): Promise<Lacked | undefined> {
    const lacked = this.#deps.isMember(peer) ? await this.#deps.room.lacked() : undefined
    const before = this.#inVain.get(peer)
    if (lacked === undefined || before === undefined || before.until <= this.#deps.clock.now()) return lacked
    return before.lacked === nameOf(lacked) ? undefined : lacked
  }

  /** Which come first is drawn: nobody may have the keys of some. */
  #some({ isBehind, epochs }: Lacked): Lacked {
    const [high = 0, low = 0] = this.#deps.random(2)
    const start = (high * 256 + low) % Math.max(1, epochs.length)
    const inTurn = epochs.length > MAX_LACKED_EPOCHS ? [...epochs.slice(start), ...epochs.slice(0, start)] : epochs
    return { isBehind, epochs: inTurn.slice(0, MAX_LACKED_EPOCHS) }
  }
}

/** So that another thing that is lacking is told from it. */
function nameOf({ isBehind, epochs }: Lacked): string {
  return `${isBehind} ${epochs.length}`
}
