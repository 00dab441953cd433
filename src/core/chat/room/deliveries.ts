import { ByteWriter, decodeWith, expectValue } from '../../bytes/index.ts'
import type { DeviceId, MemberId } from '../../identity/index.ts'
import type { EntryStore, RecordChange } from '../../log/index.ts'
import { coversAll, mergeRanges, readRanges, writeRanges, type SequenceRanges } from './sequence-ranges.ts'

const ACKNOWLEDGED_PREFIX = 'acknowledged/'
/** Members whose acknowledgements are remembered; as many as a room can know devices. */
const MAX_ACKNOWLEDGERS = 4096

/** Which of this device's entries other members have said that they hold. */
export class Deliveries {
  readonly #prefix: string
  readonly #byMember: Map<MemberId, SequenceRanges>

  private constructor(prefix: string, byMember: Map<MemberId, SequenceRanges>) {
    this.#prefix = prefix
    this.#byMember = byMember
  }

  /** Those of `device`, this one: sequences of a device that it once was say nothing about its own. */
  static async load(store: EntryStore, device: DeviceId): Promise<Deliveries> {
    const prefix = `${ACKNOWLEDGED_PREFIX}${device}/`
    const rows = await store.records.list(prefix)
    const parsed = rows.map(([name, value]): [MemberId, SequenceRanges] => [
      name.slice(prefix.length) as MemberId,
      expectValue(decodeWith(value, readRanges))
    ])
    return new Deliveries(prefix, new Map(parsed))
  }

  /** Which of this device's sequences the member has said that it holds. */
  of(member: MemberId): SequenceRanges {
    return this.#byMember.get(member) ?? []
  }

  /**
   * Takes an acknowledgement up to sequence `last`: nobody can hold what was never written. Keys cost nothing to make: where
   * there are too many members, one who has not written gives way.
   */
  acknowledge(
    member: MemberId,
    held: SequenceRanges,
    last: number,
    hasWritten: (member: MemberId) => boolean
  ): RecordChange[] {
    const before = this.of(member)
    const possible = held.filter(range => range.from <= last).map(({ from, to }) => ({ from, to: Math.min(to, last) }))
    const merged = mergeRanges(before, possible)
    if (JSON.stringify(merged) === JSON.stringify(before)) return []
    const given = before.length > 0 ? [] : this.#makeRoom(hasWritten)
    if (given === undefined) return []
    this.#byMember.set(member, merged)
    return [...given, { name: this.#prefix + member, value: writeRanges(new ByteWriter(), merged).finish() }]
  }

  /** Undefined: all who are known have written. */
  #makeRoom(hasWritten: (member: MemberId) => boolean): RecordChange[] | undefined {
    if (this.#byMember.size < MAX_ACKNOWLEDGERS) return []
    const silent = [...this.#byMember.keys()].find(member => !hasWritten(member))
    if (silent === undefined) return undefined
    this.#byMember.delete(silent)
    return [{ name: this.#prefix + silent, value: undefined }]
  }

  /** The members who hold the entries of all these sequences. */
  holders(sequences: readonly number[]): MemberId[] {
    const holders = [...this.#byMember].filter(([, held]) => coversAll(held, sequences))
    return holders.map(([member]) => member)
  }
}
