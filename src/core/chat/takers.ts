import type { EntryId } from '../log/index.ts'
import type { Listeners } from './listeners.ts'
import type { LiveRoom } from './live-room.ts'
import type { PeerEvent, Taken } from './peer.ts'
import { whenTold } from './when-told.ts'

/** Who has this device's messages, over all its rooms. */
export class Takers {
  readonly #rooms: () => readonly LiveRoom[]
  readonly #events: Listeners<PeerEvent>

  constructor(rooms: () => readonly LiveRoom[], events: Listeners<PeerEvent>) {
    this.#rooms = rooms
    this.#events = events
  }

  of(id: string): Taken {
    const all = this.#rooms()
    const delivery = all.map(({ own }) => own.deliveryOf(id as EntryId)).find(each => each !== undefined)
    return { to: delivery?.to ?? 0, keepers: Math.max(0, ...all.map(({ own }) => own.keptBy(id as EntryId))) }
  }

  /** Resolves with the number of members once so many have it; rejects on abort. */
  waitForMembers(id: string, count: number, signal: AbortSignal): Promise<number> {
    return whenTold(this.#events, isOf(id), signal, async () => {
      const { to } = this.of(id)
      return to >= count ? to : undefined
    })
  }

  /** Resolves once a member or a keeper has it; rejects on abort. */
  waitForAny(id: string, signal: AbortSignal): Promise<Taken> {
    return whenTold(this.#events, isOf(id), signal, async () => {
      const taken = this.of(id)
      return taken.to + taken.keepers > 0 ? taken : undefined
    })
  }
}

function isOf(id: string): (event: PeerEvent) => boolean {
  return event => (event.event === 'delivered' || event.event === 'kept') && event.id === id
}
