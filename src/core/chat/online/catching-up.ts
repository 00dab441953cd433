export interface CatchingUpDeps {
  /** Whether this side asks somebody for something now. */
  isAsking(): boolean
  /** It begins, or is over. */
  changed(): void
}

/** With fewer missing it is over before anybody has read that they are coming. */
const WORTH_SAYING = 8

/**
 * Whether what was said before is coming in, and how much of it came. Begins when a first member is met, of whom it is not
 * known yet what there is to get, and whenever a sync finds that much is missing; over when nobody is asked any more.
 */
export class CatchingUp {
  readonly #deps: CatchingUpDeps
  #came: number | undefined
  #isComing = false
  /** Syncs that members drive now. */
  #served = 0
  #hasCompared = false

  constructor(deps: CatchingUpDeps) {
    this.#deps = deps
  }

  /** How many messages came so far; undefined while none are on their way. */
  get came(): number | undefined {
    return this.#came
  }

  /** Whether messages that others have are known to be on their way, and not only asked for. */
  get isComing(): boolean {
    return this.#isComing
  }

  met(): void {
    if (!this.#hasCompared) this.#begin()
  }

  /** A sync found so many entries to be missing here. */
  lacks(entries: number): void {
    if (entries < WORTH_SAYING) return
    this.#isComing = true
    this.#begin()
  }

  took(messages: number): void {
    if (this.#came !== undefined) this.#came += messages
  }

  /** A member drives a sync, until what is returned is called. */
  served(): () => void {
    this.#served += 1
    return () => {
      this.#served -= 1
      this.compared()
    }
  }

  /** A sync is over, whatever came of it. */
  compared(): void {
    this.#hasCompared = true
    this.rest()
  }

  /** Something that was asked for came, or did not. */
  rest(): void {
    if (this.#hasCompared && this.#served === 0 && !this.#deps.isAsking()) this.end()
  }

  /** Nobody is left who could be asked. */
  end(): void {
    if (this.#came === undefined) return
    this.#came = undefined
    this.#isComing = false
    this.#deps.changed()
  }

  #begin(): void {
    if (this.#came !== undefined) return
    this.#came = 0
    this.#deps.changed()
  }
}
