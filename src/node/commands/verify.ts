import { safetyNumber, safetyNumberGroups, type MemberId } from '../../core/identity/index.ts'
import { withAccess } from '../access/open-access.ts'
import type { PeerAccess } from '../access/peer-access.ts'
import { UsageError } from '../exits.ts'
import { visible } from '../terminal/visible.ts'
import type { Run } from './command.ts'

const WHOLE_ID = /^[0-9a-f]{64}$/
const GROUPS_A_LINE = 4

interface Known {
  readonly member: string
  readonly nick: string
}

export const verifyMember: Run = async ({ arguments: [reference = ''], settings, output, stop }) => {
  const { me, other } = await withAccess(settings, stop, async peer => ({
    me: (await peer.me()).member,
    other: await findMember(peer, reference)
  }))
  if (other.member === me) throw new UsageError('this is you: a safety number is between two members')
  const number = safetyNumber(me as MemberId, other.member as MemberId)
  const groups = safetyNumberGroups(number)
  const lines = Array.from({ length: groups.length / GROUPS_A_LINE }, (_, line) =>
    groups.slice(line * GROUPS_A_LINE, (line + 1) * GROUPS_A_LINE).join(' ')
  )
  output.result(
    { member: other.member, number: groups.join(' ') },
    `${lines.join('\n')}\n\nIf ${visible(other.nick)} sees the same, each of you has the other’s key. Compare by voice, or side by side.`
  )
}

/** By a whole id, whether known here or not; by the start of one, or a nickname, among the members of the rooms here. */
async function findMember(peer: PeerAccess, reference: string): Promise<Known> {
  const known = new Map<string, Known>()
  for (const room of await peer.rooms()) {
    for (const { member, nick } of await peer.members(room.id)) known.set(member, { member, nick })
  }
  const id = reference.toLowerCase()
  const isId = /^[0-9a-f]+$/.test(id)
  const found = [...known.values()].filter(({ member, nick }) => nick === reference || (isId && member.startsWith(id)))
  const [first, second] = found
  if (second !== undefined) {
    throw new UsageError(
      `more than one member is ${JSON.stringify(reference)}: give more of the id, as \`room members\` shows it`
    )
  }
  if (first !== undefined) return first
  if (WHOLE_ID.test(id)) return { member: id, nick: id.slice(0, 8) }
  throw new UsageError(`nobody in your rooms is ${JSON.stringify(reference)}: see \`room members\``)
}
