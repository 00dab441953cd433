import { errorMessage } from '../../bytes/index.ts'
import type { NamedRoom } from '../../encryption/index.ts'
import type { StoredEntry } from '../../log/index.ts'
import type { Network } from '../../network/index.ts'
import { Alarm } from '../alarm.ts'
import { KeeperReceipts } from '../online/keeper-receipts.ts'
import { RoomLink } from '../online/room-link.ts'
import { EVERYBODY_IS_IN } from '../online/standings.ts'
import type { Taken } from '../room/intake.ts'
import type { RoomDeps } from '../room/room-deps.ts'
import { Room } from '../room/room.ts'
import type { Space } from '../room/space.ts'

export interface KeptRoomDeps extends RoomDeps {
  readonly space: Space
  /** What could not be stored, and that it can be again. */
  readonly stores: (trouble: string | undefined) => void
}

/** A room that is stored for its members: it takes entries in and hands them out, and neither writes nor shows any. */
export class KeptRoom {
  readonly keys: NamedRoom
  readonly #deps: KeptRoomDeps
  readonly #room: Room
  readonly #alarm: Alarm
  #link: RoomLink | undefined

  private constructor(deps: KeptRoomDeps, room: Room) {
    this.keys = deps.keys
    this.#deps = deps
    this.#room = room
    this.#alarm = new Alarm(deps.clock, () => void this.#ring().catch(() => this.#setAlarm()))
  }

  static async load(deps: KeptRoomDeps): Promise<KeptRoom> {
    return new KeptRoom(deps, await Room.load(deps))
  }

  get link(): RoomLink | undefined {
    return this.#link
  }

  /** What is stored of it. */
  get bytes(): number {
    return this.#room.state.book.bytes()
  }

  goOnline(network: Network): void {
    this.#link ??= new RoomLink({
      ...this.#deps,
      network,
      role: () => (this.#deps.space.isFull(this.#room.state.book) ? 'full-keeper' : 'keeper'),
      ...EVERYBODY_IS_IN,
      room: this.#room,
      take: entries => this.#take(entries),
      settled: () => this.#setAlarm(),
      caughtUp: () => undefined,
      // A keeper writes nothing, so there is nothing that others could have of it.
      acknowledged: async () => undefined,
      // Its clock is its operator's affair: who fills a room with members must not move it.
      ownTime: () => this.#deps.clock.now(),
      clocksHeard: () => undefined,
      receipts: new KeeperReceipts(),
      kept: () => undefined,
      met: () => this.#setAlarm(),
      gone: () => this.#setAlarm()
    })
  }

  /** Goes offline, and resolves when nothing is being stored any more. */
  async stop(): Promise<void> {
    this.#alarm.setFor(undefined)
    this.#link?.stop()
    this.#link = undefined
    await this.#room.held([])
  }

  #setAlarm(): void {
    if (this.#link === undefined) return
    this.#room.gaps.watch(this.#link.presence.peers().length > 0)
    this.#alarm.setFor(this.#room.nextDue())
  }

  /** What was held back is due, or a gap is to be given up, of which a keeper tells nobody. */
  async #ring(): Promise<void> {
    await this.#room.giveUp()
    this.#room.gaps.takeUnheld()
    await this.#link?.takeDue()
  }

  async #take(entries: readonly StoredEntry[]): Promise<Taken> {
    try {
      const taken = await this.#room.accept(entries)
      if (taken.stored.length + taken.erased > 0) this.#deps.stores(undefined)
      this.#setAlarm()
      return taken
    } catch (thrown) {
      this.#deps.stores(errorMessage(thrown))
      throw thrown
    }
  }
}
