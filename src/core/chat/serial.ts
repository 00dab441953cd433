/** Runs tasks one after the other, in the order they were given; one that fails holds up none. */
export class Serial {
  #last: Promise<unknown> = Promise.resolve()

  #isClosed = false

  run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#isClosed) return Promise.reject(new Error('this is closed'))
    const result = this.#last.then(task, task)
    this.#last = result.catch(() => undefined)
    return result
  }

  /** Takes no more; resolves when those given have ended. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#last
  }
}
