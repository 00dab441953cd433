import { CappedMap, decodeWith, toHex } from '../../bytes/index.ts'
import { SyncFaultError, type StoredEntry, type SyncLog } from '../../log/index.ts'
import type { Taken } from '../room/intake.ts'
import type { Room } from '../room/room.ts'
import { encodeProfile, readProfile } from './exchange-codec.ts'

/** Authors introduced in one session; more are introduced twice. */
const MAX_INTRODUCED = 1024

interface RoomLogDeps {
  /** Stores what is genuine of these and tells how many open for nobody. */
  take(entries: readonly StoredEntry[]): Promise<Taken>
  /** So many of those that the other side named are missing here. */
  lacks(entries: number): void
  /** Whether the other side can tell what opens for nobody, and is to blame for it. */
  readonly canTell: boolean
}

/**
 * A room's log as one sync session uses it. The companions of entries are the introductions of their authors, and of who comes in by them.
 */
export function roomLog(room: Room, { take, lacks, canTell }: RoomLogDeps): SyncLog {
  const introduced = new CappedMap<string, true>(MAX_INTRODUCED)

  function introductionsOf(entry: StoredEntry): Uint8Array[] {
    const lacking = room.introducedWith(entry).filter(({ certificate }) => !introduced.has(toHex(certificate)))
    for (const { certificate } of lacking) introduced.set(toHex(certificate), true)
    return lacking.map(encodeProfile)
  }

  return {
    classes: room.synced,
    load: ids => room.load(ids),
    async lacking(ids) {
      const lacking = await room.lacking(ids)
      lacks(lacking.length)
      return lacking
    },
    companionsOf: async entries => entries.flatMap(introductionsOf),
    async take(entries) {
      const taken = await take(entries)
      if (taken.void > 0 && canTell) throw new SyncFaultError('an entry that opens for nobody')
      return taken.stored.length + taken.erased + taken.control.length
    },
    async takeCompanion(bytes) {
      const profile = decodeWith(bytes, readProfile)
      if (!profile.ok) throw new SyncFaultError(profile.error)
      await room.introduce(profile.value, 0)
    }
  }
}
