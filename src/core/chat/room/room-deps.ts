import type { Clock, Millis, RandomBytes } from '../../bytes/index.ts'
import type { NamedRoom } from '../../encryption/index.ts'
import type { DisplayName, Identity } from '../../identity/index.ts'
import type { EntryStore } from '../../log/index.ts'
import type { ControlDeps } from './control-log.ts'
import type { Space } from './space.ts'

/** What a room on this device is made of. */
export interface RoomDeps {
  readonly keys: NamedRoom
  readonly store: EntryStore
  readonly identity: Identity
  readonly nick: () => DisplayName
  readonly clock: Clock
  /** This device's own clock, where `clock` is one that others correct. */
  readonly ownClock?: Clock
  readonly random: RandomBytes
  /** What the room may take up here; undefined: whatever is said in it. */
  readonly space?: Space
  /** Nothing from before this is kept here. */
  readonly since?: Millis
  /** Of a private room. */
  readonly control?: ControlDeps
}
