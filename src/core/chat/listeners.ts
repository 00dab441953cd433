/** Those who listen, and a way to tell them all. */
export class Listeners<E> {
  readonly #listeners = new Set<(event: E) => void>()

  listen(listener: (event: E) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  emit(event: E): void {
    for (const listener of this.#listeners) listener(event)
  }
}
