import type { Millis } from '../../bytes/index.ts'
import { foldName, type DeviceId, type MemberId } from '../../identity/index.ts'
import { keyName, type DeviceRecord } from './devices.ts'

/** One member, over all devices known here. */
export interface KnownMember {
  readonly member: MemberId
  /** The name to show, unique in the room. */
  readonly nick: string
  readonly devices: readonly DeviceId[]
  readonly wroteAt: Millis
}

/** Letters of the key behind a name that somebody else had first; more where they agree, too. */
const SUFFIX_LETTERS = 4

/**
 * The members behind these devices, with a name for each: whoever this peer met first under a name keeps it, any other
 * is shown as `anna-7f3a`. The own name is always taken.
 */
export function memberDirectory(
  devices: Iterable<DeviceRecord>,
  self: { member: MemberId; nick: string }
): Map<MemberId, KnownMember> {
  const byMember = Map.groupBy(devices, record => record.member)
  const ordered = [...byMember].sort(([a, ofA], [b, ofB]) => rank(a, ofA) - rank(b, ofB) || (a < b ? -1 : 1))
  const taken = new Set([foldName(self.nick)])
  return new Map(ordered.map(([member, records]) => [member, describe(member, records)]))

  function rank(member: MemberId, records: readonly DeviceRecord[]): number {
    return member === self.member ? -1 : Math.min(...records.map(record => record.namedAt))
  }

  function describe(member: MemberId, records: readonly DeviceRecord[]): KnownMember {
    const named = records.reduce((latest, record) => (record.nickTime > latest.nickTime ? record : latest))
    const nick = named.nick ?? keyName(member)
    const shown = member === self.member ? self.nick : uniqueName(nick, member, taken)
    taken.add(foldName(shown))
    return {
      member,
      nick: shown,
      devices: records.map(record => record.device),
      wroteAt: Math.max(...records.map(record => record.wroteAt))
    }
  }
}

function uniqueName(nick: string, member: MemberId, taken: ReadonlySet<string>): string {
  let name = nick
  for (let letters = SUFFIX_LETTERS; taken.has(foldName(name)) && letters <= member.length; letters += SUFFIX_LETTERS) {
    name = `${nick}-${member.slice(0, letters)}`
  }
  return name
}
