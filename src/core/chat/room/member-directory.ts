import { foldName, type DeviceId, type MemberId } from '../../identity/index.ts'
import { keyName, type DeviceRecord } from './devices.ts'

/** One member, over all devices known here. */
export interface KnownMember {
  readonly member: MemberId
  /** The name to show, unique in the room. */
  readonly nick: string
  readonly devices: readonly DeviceId[]
}

/** Letters of the key behind a name that somebody else had first; more where they agree, too. */
const SUFFIX_LETTERS = 4

/** As `foldName`, which takes long for long names, and so is best asked once for each. */
type Fold = (name: string) => string

/**
 * The members behind these devices, with a name for each: whoever this peer met first under a name keeps it, any other
 * is shown as `anna-7f3a`. The own name is always taken.
 */
export function memberDirectory(
  devices: Iterable<DeviceRecord>,
  self: { member: MemberId; nick: string },
  fold: Fold
): Map<MemberId, KnownMember> {
  const byMember = [...Map.groupBy(devices, record => record.member)]
  const ranked = byMember.map(([member, records]) => ({ member, records, rank: rankOf(member, records) }))
  const ordered = ranked.sort((a, b) => a.rank - b.rank || (a.member < b.member ? -1 : 1))
  const taken = new Set([fold(self.nick)])
  return new Map(ordered.map(({ member, records }) => [member, describe(member, records)]))

  function rankOf(member: MemberId, records: readonly DeviceRecord[]): number {
    return member === self.member ? -1 : Math.min(...records.map(record => record.namedAt))
  }

  function describe(member: MemberId, records: readonly DeviceRecord[]): KnownMember {
    const named = records.reduce((latest, record) => (record.nickTime > latest.nickTime ? record : latest))
    const nick = named.nick ?? keyName(member)
    const shown = member === self.member ? self.nick : uniqueName(nick, member)
    return { member, nick: shown, devices: records.map(record => record.device) }
  }

  /** Takes the name, or the shortest of those with a suffix that is not taken. The fold of a suffix follows that of the name. */
  function uniqueName(nick: string, member: MemberId): string {
    const folded = fold(nick)
    let [suffix, compared] = ['', folded]
    for (let letters = SUFFIX_LETTERS; taken.has(compared) && letters <= member.length; letters += SUFFIX_LETTERS) {
      suffix = `-${member.slice(0, letters)}`
      compared = folded + foldName(suffix)
    }
    taken.add(compared)
    return nick + suffix
  }
}
