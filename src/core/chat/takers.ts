import type { EntryId } from '../log/index.ts'
import type { Listeners } from './listeners.ts'
import type { LiveRoom } from './live-room.ts'
import type { PeerEvent, Taken } from './peer.ts'
import { whenTold } from './when-told.ts'

/** Who has this device's messages, over all its rooms. */
export class Takers {
  readonly #rooms: () => readonly LiveRoom[]
  readonly #events: Listeners<PeerEvent>
  readonly #latest: (id: string) => string

  /** @param latest what a message goes by now */
  constructor(rooms: () => readonly LiveRoom[], events: Listeners<PeerEvent>, latest: (id: string) => string) {
    this.#rooms = rooms
    this.#events = events
    this.#latest = latest
  }

  of(before: string): Taken {
    const [all, id] = [this.#rooms(), this.#latest(before)]
    const delivery = all.map(({ own }) => own.deliveryOf(id as EntryId)).find(each => each !== undefined)
    return { to: delivery?.to ?? 0, keepers: Math.max(0, ...all.map(({ own }) => own.keptBy(id as EntryId))) }
  }

  /** Resolves with the number of members once so many have it; rejects on abort. */
  waitForMembers(id: string, count: number, signal: AbortSignal): Promise<number> {
    return whenTold(
      this.#events,
      event => this.#isOf(event, id),
      signal,
      async () => {
        const { to } = this.of(id)
        return to >= count ? to : undefined
      }
    )
  }

  /** Resolves once a member or a keeper has it; rejects on abort. */
  waitForAny(id: string, signal: AbortSignal): Promise<Taken> {
    return whenTold(
      this.#events,
      event => this.#isOf(event, id),
      signal,
      async () => {
        const taken = this.of(id)
        return taken.to + taken.keepers > 0 ? taken : undefined
      }
    )
  }

  #isOf(event: PeerEvent, id: string): boolean {
    const isNews = event.event === 'delivered' || event.event === 'kept' || event.event === 'moved'
    return isNews && this.#latest(event.id) === this.#latest(id)
  }
}
