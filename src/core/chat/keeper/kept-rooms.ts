import type { Millis } from '../../bytes/index.ts'
import type { RoomId } from '../../encryption/index.ts'
import type { Storage } from '../../log/index.ts'
import {
  droppedRoomChange,
  isUnwanted,
  keptRoomChange,
  keptRoomStore,
  loadKeptRooms,
  type KeptRoomRecord
} from './kept-room-records.ts'
import type { BlindRoom } from './blind-room.ts'
import type { KeptRoom } from './kept-room.ts'

export interface KeptRoomsDeps {
  readonly storage: Storage
  /** Undefined when the record tells of no room that can be kept. */
  readonly open: (record: KeptRoomRecord) => Promise<AnyKeptRoom | undefined>
}

/** When a room was asked for is noted this precisely: members that come and go must not cost a write each. */
const ASKED_PRECISION: Millis = 3_600_000
/** Where nothing was said for so long after it was asked for, a room yields its place to another. */
const EMPTY_GRACE: Millis = 10 * 60_000

/** A room that is kept, whether it can be read here or not. */
export type AnyKeptRoom = KeptRoom | BlindRoom

interface Kept {
  readonly room: AnyKeptRoom
  readonly record: KeptRoomRecord
}

/** The rooms of a keeper and their records. Changes must be made one after the other. */
export class KeptRooms {
  readonly #deps: KeptRoomsDeps
  readonly #kept = new Map<RoomId, Kept>()

  constructor(deps: KeptRoomsDeps) {
    this.#deps = deps
  }

  get size(): number {
    return this.#kept.size
  }

  get bytes(): number {
    return this.all().reduce((sum, room) => sum + room.bytes, 0)
  }

  all(): AnyKeptRoom[] {
    return [...this.#kept.values()].map(({ room }) => room)
  }

  has(id: RoomId): boolean {
    return this.#kept.has(id)
  }

  /** Opens the rooms of earlier runs, and ends what began when one of them was dropped. */
  async load(now: Millis): Promise<void> {
    for (const record of await loadKeptRooms(this.#deps.storage.records)) {
      const room = isUnwanted(record, now) ? undefined : await this.#deps.open(record)
      if (room === undefined) await this.#erase(record.id)
      else this.#kept.set(record.id, { room, record })
    }
  }

  async add(record: KeptRoomRecord): Promise<AnyKeptRoom | undefined> {
    await this.#deps.storage.records.write([keptRoomChange(record)])
    const room = await this.#deps.open(record)
    if (room !== undefined) this.#kept.set(record.id, { room, record })
    return room
  }

  async noteAsked(id: RoomId, now: Millis): Promise<void> {
    const kept = this.#kept.get(id)
    if (kept === undefined || now - kept.record.askedAt < ASKED_PRECISION) return
    const record = { ...kept.record, askedAt: now }
    await this.#deps.storage.records.write([keptRoomChange(record)])
    this.#kept.set(id, { room: kept.room, record })
  }

  async dropUnwanted(now: Millis): Promise<void> {
    for (const { record } of [...this.#kept.values()]) if (isUnwanted(record, now)) await this.#drop(record.id)
  }

  /** Drops, of the rooms in which nothing was said, the one asked for longest ago; false when there is none. */
  async dropEmpty(now: Millis): Promise<boolean> {
    const all = [...this.#kept.values()]
    const empty = all.filter(({ room, record }) => room.bytes === 0 && now - record.askedAt > EMPTY_GRACE)
    const oldest = empty.toSorted((a, b) => a.record.askedAt - b.record.askedAt)[0]
    if (oldest === undefined) return false
    await this.#drop(oldest.record.id)
    return true
  }

  async #drop(id: RoomId): Promise<void> {
    await this.#kept.get(id)?.room.stop()
    this.#kept.delete(id)
    await this.#erase(id)
  }

  /** The record goes last: what a crash leaves behind is found by it, and erased at the next start. */
  async #erase(id: RoomId): Promise<void> {
    await this.#deps.storage.forget(keptRoomStore(id))
    await this.#deps.storage.records.write([droppedRoomChange(id)])
  }
}
