import type { DisplayName } from '../identity/index.ts'
import type { EntryClass, EntryId } from '../log/index.ts'

/** A room: 32 bytes in lower-case hex. */
export type RoomId = string & { readonly __brand: 'RoomId' }

/**
 * Who may read, as the layers above need it: the one way in to every scheme. Open rooms derive everything from their
 * name; a group-key scheme gives one content key for each epoch.
 */
export interface RoomKeys {
  readonly roomId: RoomId
  /** Whether there are control entries, which say who may do what. */
  readonly hasControl: boolean
  /**
   * What keepers know the room by, 32 bytes: a secret between them and the members, by which nobody can read or find it.
   * Undefined where keepers are told the room itself.
   */
  readonly keeperTag: Uint8Array | undefined
  readonly epochs: EpochKeys
  /**
   * Where members meet (`rendezvous.ts`): the secret of now first, then older ones, under which those are met again who were away while
   * it changed. In an open room it never does.
   */
  rendezvousSecrets(): readonly [Uint8Array, ...Uint8Array[]]
}

/** A room that is shown to people. */
export interface NamedRoom extends RoomKeys {
  readonly name: DisplayName
}

export interface EpochKeys {
  /** The epoch that new entries are sealed under, 16 bytes. @throws Error while nothing may be sealed */
  current(): Uint8Array
  /** The content key (32 bytes) for entries of this class and epoch; undefined when it is not known here. */
  contentKey(entryClass: EntryClass, epoch: Uint8Array): Uint8Array | undefined
  /** The key of this one body, as it was handed over to whoever is not given the content key of its epoch. */
  handedBodyKey?(entry: EntryId): Uint8Array | undefined
}
