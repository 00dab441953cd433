import type { EventFeed, PublicEvent } from '../api/feed.ts'

/** Where events come together before those who listen are there, and the other way round. */
export interface EventHub {
  readonly feed: EventFeed
  emit(event: PublicEvent): void
}

export function createEventHub(): EventHub {
  const listeners = new Set<(event: PublicEvent) => void>()
  return {
    feed(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    emit(event) {
      for (const listener of listeners) listener(event)
    }
  }
}
