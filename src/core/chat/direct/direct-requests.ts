import type { RoomId } from '../../encryption/index.ts'
import type { MemberId } from '../../identity/index.ts'
import type { RoomSummary } from '../peer.ts'
import type { DirectRoom } from '../room-records.ts'

/** Of members known from open rooms alone, whose keys cost nothing: more are not taken before some are answered. */
const MAX_REQUESTS = 8

/** Conversations that others would begin, until this device's user says whether they may. */
export class DirectRequests {
  readonly #byRoom = new Map<RoomId, DirectRoom>()

  get isFull(): boolean {
    return this.#byRoom.size >= MAX_REQUESTS
  }

  all(): readonly DirectRoom[] {
    return [...this.#byRoom.values()]
  }

  add(record: DirectRoom): void {
    this.#byRoom.set(record.id, record)
  }

  get(room: string): DirectRoom | undefined {
    return this.#byRoom.get(room as RoomId)
  }

  of(member: MemberId): DirectRoom | undefined {
    return this.all().find(({ direct }) => direct.member === member)
  }

  delete(room: RoomId): void {
    this.#byRoom.delete(room)
  }

  summaries(): RoomSummary[] {
    return this.all().map(({ id, name, direct }) => ({
      id,
      name,
      kind: 'private',
      direct: direct.member,
      joining: 'request',
      members: 0,
      unread: 0,
      missing: 0,
      keepers: [],
      retention: 'forever'
    }))
  }
}
