import type { PublicEvent } from '../api/feed.ts'

/** A reader that does not keep up gets the newest; the store has them all. */
const MAX_WAITING = 10_000

/** Events as they come, for a loop that takes them one by one; it ends when the signal is aborted. */
export function createEventQueue(signal: AbortSignal): {
  push: (event: PublicEvent) => void
  events: AsyncIterable<PublicEvent>
} {
  const waiting: PublicEvent[] = []
  let wake: () => void = () => undefined
  signal.addEventListener('abort', () => wake(), { once: true })
  async function* events(): AsyncIterable<PublicEvent> {
    while (!signal.aborted) {
      const event = waiting.shift()
      if (event !== undefined) {
        yield event
        continue
      }
      const { promise, resolve } = Promise.withResolvers<void>()
      wake = resolve
      await promise
    }
  }
  return {
    push(event) {
      waiting.push(event)
      if (waiting.length > MAX_WAITING) waiting.shift()
      wake()
    },
    events: events()
  }
}
