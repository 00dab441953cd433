/**
 * Lets writes that arrive while one is under way share the next: a flush to disk costs the same for one as for hundred.
 * Each caller is answered when its own write is durable, in order.
 */
export class GroupCommit<T> {
  readonly #write: (items: T[]) => Promise<void>
  #waiting: T[] = []
  #next: Promise<void> | undefined
  #current: Promise<void> = Promise.resolve()

  constructor(write: (items: T[]) => Promise<void>) {
    this.#write = write
  }

  add(items: readonly T[]): Promise<void> {
    this.#waiting.push(...items)
    this.#next ??= this.#start()
    return this.#next
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await (this.#next ?? this.#current).catch(() => undefined)
  }

  async #start(): Promise<void> {
    await this.#current.catch(() => undefined)
    const items = this.#waiting
    this.#waiting = []
    this.#current = this.#next ?? Promise.resolve()
    this.#next = undefined
    await this.#write(items)
  }
}
