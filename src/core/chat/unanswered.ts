import { CappedMap } from '../bytes/index.ts'
import type { RoomId } from '../encryption/index.ts'

/** More than are kept connected at a time. */
const MAX_SILENT = 256

/** Where nobody answers whom a room's members or link name; so much is told once, until somebody of the room is met. */
export class Unanswered {
  /** Peers that did not answer since they were met last. */
  readonly #silent = new CappedMap<string, true>(MAX_SILENT)
  readonly #told = new Set<RoomId>()

  met(room: RoomId, peer: string): void {
    this.#silent.delete(peer)
    this.#told.delete(room)
  }

  failed(peer: string): void {
    this.#silent.set(peer, true)
  }

  /** Whether to tell now that none of these, who are all whom this room knows, answers. */
  isNews(room: RoomId, known: readonly string[]): boolean {
    if (this.#told.has(room) || !known.every(peer => this.#silent.has(peer))) return false
    this.#told.add(room)
    return true
  }
}
