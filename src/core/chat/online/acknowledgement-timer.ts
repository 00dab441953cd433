import type { Clock, Millis } from '../../bytes/index.ts'
import type { DeviceId } from '../../identity/index.ts'
import { MAX_ACKNOWLEDGED_AUTHORS } from './acknowledgement.ts'

/** In small rooms acknowledgements follow at once, in one for all that came within this time. */
const PROMPT_DELAY: Millis = 100
/** In larger ones they would outnumber the messages. */
const LAZY_DELAY: Millis = 30_000
/** Members up to which a room is small. */
const SMALL_ROOM_MEMBERS = 32
/** Authors that wait to be told; those beyond hear it when they greet. */
const MAX_DUE = 4096

/** When to tell authors what of theirs is durable here: one acknowledgement for all in each delay. */
export class AcknowledgementTimer {
  readonly #clock: Clock
  readonly #send: (authors: readonly DeviceId[]) => void
  readonly #due = new Set<DeviceId>()
  #cancel: (() => void) | undefined

  constructor(clock: Clock, send: (authors: readonly DeviceId[]) => void) {
    this.#clock = clock
    this.#send = send
  }

  owe(author: DeviceId, members: number): void {
    if (this.#due.size < MAX_DUE) this.#due.add(author)
    this.#cancel ??= this.#clock.after(members <= SMALL_ROOM_MEMBERS ? PROMPT_DELAY : LAZY_DELAY, () => this.#tell())
  }

  stop(): void {
    this.#cancel?.()
    this.#due.clear()
  }

  #tell(): void {
    this.#cancel = undefined
    const authors = [...this.#due]
    this.#due.clear()
    for (let start = 0; start < authors.length; start += MAX_ACKNOWLEDGED_AUTHORS) {
      this.#send(authors.slice(start, start + MAX_ACKNOWLEDGED_AUTHORS))
    }
  }
}
