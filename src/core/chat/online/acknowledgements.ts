import type { Clock, Millis } from '../../bytes/index.ts'
import type { PeerId } from '../../network/index.ts'

/** In small rooms acknowledgements follow at once, in one for all that came within this time. */
const PROMPT_DELAY: Millis = 100
/** In larger ones they would outnumber the messages. */
const LAZY_DELAY: Millis = 30_000
/** Members up to which a room is small. */
const SMALL_ROOM_MEMBERS = 32

/** Tells authors what of theirs is durable here: at most one acknowledgement for each peer in each delay. */
export class Acknowledgements {
  readonly #clock: Clock
  readonly #send: (peer: PeerId) => void
  readonly #due = new Map<PeerId, () => void>()

  constructor(clock: Clock, send: (peer: PeerId) => void) {
    this.#clock = clock
    this.#send = send
  }

  owe(peer: PeerId, members: number): void {
    if (this.#due.has(peer)) return
    const delay = members <= SMALL_ROOM_MEMBERS ? PROMPT_DELAY : LAZY_DELAY
    const cancel = this.#clock.after(delay, () => {
      this.#due.delete(peer)
      this.#send(peer)
    })
    this.#due.set(peer, cancel)
  }

  stop(): void {
    for (const cancel of this.#due.values()) cancel()
    this.#due.clear()
  }
}
