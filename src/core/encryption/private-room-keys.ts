import { expectValue, fromHex, toHex, type Clock } from '../bytes/index.ts'
import type { DisplayName } from '../identity/index.ts'
import type { EntryClass } from '../log/index.ts'
import type { EpochId } from './epochs/index.ts'
import type { Generation } from './generation.ts'
import { parseRoomName } from './open-room.ts'
import type { PrivateRoom } from './private-room.ts'
import type { EpochKeys, NamedRoom, RoomId } from './room-keys.ts'

/** The keys of a private room, as its control entries make them so far: asked anew each time, for they change. */
export class PrivateRoomKeys implements NamedRoom {
  readonly roomId: RoomId
  readonly hasControl = true
  readonly epochs: EpochKeys = {
    current: () => this.#current(),
    contentKey: (entryClass, epoch) => this.#contentKey(entryClass, toHex(epoch)),
    handedBodyKey: entry => this.room.erasing.bodyKeys.get(entry)
  }
  readonly #clock: Clock
  /** As the link said, until the room itself does. */
  readonly #nameBefore: DisplayName
  #room: PrivateRoom | undefined

  constructor(roomId: RoomId, nameBefore: DisplayName, clock: Clock) {
    this.roomId = roomId
    this.#nameBefore = nameBefore
    this.#clock = clock
  }

  /** What the keys are those of, from now on: it is loaded anew when the store could not be written. */
  follow(room: PrivateRoom): void {
    this.#room = room
  }

  get room(): PrivateRoom {
    if (this.#room === undefined) throw new Error('the room is not loaded yet')
    return this.#room
  }

  get name(): DisplayName {
    const name = parseRoomName(this.#room?.access().name ?? '')
    return name.ok ? name.value : this.#nameBefore
  }

  get keeperTag(): Uint8Array {
    return this.#generations()[0].keeperTag
  }

  rendezvousSecrets(): readonly [Uint8Array, ...Uint8Array[]] {
    const [current, ...others] = this.#generations()
    return [current.rendezvousSecret, ...others.map(({ rendezvousSecret }) => rendezvousSecret)]
  }

  #generations(): readonly [Generation, ...Generation[]] {
    const [current, ...others] = this.room.meetingGenerations(this.#clock.now())
    if (current === undefined) throw new Error('a room without a generation')
    return [current, ...others]
  }

  #current(): Uint8Array {
    const epoch = this.room.sealingEpoch()
    if (epoch === undefined) throw new Error('nothing may be sealed now')
    return expectValue(fromHex(epoch))
  }

  #contentKey(entryClass: EntryClass, epoch: string): Uint8Array | undefined {
    return entryClass === 'control' ? this.room.generation(epoch)?.controlKey : this.room.contentKey(epoch as EpochId)
  }
}
