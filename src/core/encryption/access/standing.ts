import type { MemberId } from '../../identity/index.ts'
import { isConcurrent, type History, type Placed } from './history.ts'
import { rankOf, subjectOf, type OperationId, type Role } from './operation.ts'
import type { View } from './rights.ts'

/** Who is what, after a set of operations that stand. */
export class Standing implements View {
  readonly #history: History
  readonly #stands: readonly Placed[]
  readonly #bySubject: ReadonlyMap<MemberId, readonly Placed[]>
  readonly #decided = new Map<MemberId, Placed | undefined>()
  /** Rank and seniority with which each operation's author made it: of concurrent changes to one member the stronger counts. */
  readonly #weigh: (operation: Placed) => Weight

  constructor(history: History, stands: readonly Placed[], weigh: (operation: Placed) => Weight) {
    this.#history = history
    this.#stands = stands
    this.#weigh = weigh
    const bySubject = new Map<MemberId, Placed[]>()
    for (const each of stands) {
      const subject = subjectOf(each.operation)
      if (subject === undefined) continue
      const those = bySubject.get(subject)
      if (those === undefined) bySubject.set(subject, [each])
      else those.push(each)
    }
    this.#bySubject = bySubject
  }

  members(): Map<MemberId, { readonly role: Role; readonly by: Placed }> {
    const members = new Map<MemberId, { role: Role; by: Placed }>()
    for (const member of this.#bySubject.keys()) {
      const [role, by] = [this.role(member), this.decisive(member)]
      if (role !== undefined && by !== undefined) members.set(member, { role, by })
    }
    return members
  }

  role(member: MemberId): Role | undefined {
    const action = this.decisive(member)?.operation.action
    if (action?.kind === 'create') return 'owner'
    return action?.kind === 'admit' || action?.kind === 'role' ? action.role : undefined
  }

  /** The operation that a member's standing follows from; undefined for who was never in. */
  decisive(member: MemberId): Placed | undefined {
    if (!this.#decided.has(member)) this.#decided.set(member, this.latest(member).toSorted(this.#compare)[0])
    return this.#decided.get(member)
  }

  /** Of the operations on a member those that no later one knew. */
  latest(member: MemberId): readonly Placed[] {
    const those = this.#bySubject.get(member) ?? []
    return those.filter(each => !those.some(later => later.past.has(each.place)))
  }

  isBanned(member: MemberId): boolean {
    return this.latest(member).some(({ operation: { action } }) => action.kind === 'remove' && action.bans === true)
  }

  owners(): number {
    return [...this.#bySubject.keys()].filter(member => this.role(member) === 'owner').length
  }

  invite(id: OperationId): { readonly role: Role; readonly author: MemberId } | undefined {
    const invite = this.#stands.find(({ operation }) => operation.id === id)
    if (invite?.operation.action.kind !== 'invite') return undefined
    if (this.#stands.some(each => isEndOf(each, invite))) return undefined
    return { role: invite.operation.action.role, author: invite.operation.author }
  }

  /** Who had revoked the invite by which it was let in, of those of whom that operation knows nothing. */
  despite(admission: Placed): ReadonlySet<MemberId> {
    const { action } = admission.operation
    const invite = action.kind === 'admit' && action.invite ? this.#history.get(action.invite) : undefined
    if (invite === undefined) return new Set()
    const ends = this.#stands.filter(each => isConcurrent(each, admission) && isEndOf(each, invite))
    return new Set(ends.map(({ operation }) => operation.author))
  }

  isClosed(): boolean {
    return this.#stands.some(({ operation }) => operation.action.kind === 'close')
  }

  /** Of a direct conversation: who began it, and who alone may come in. */
  pair(): readonly [MemberId, MemberId] | undefined {
    for (const { operation } of this.#stands) {
      const { author, action } = operation
      if (action.kind === 'create') return action.other && [author, action.other]
    }
    return undefined
  }

  /**
   * Whether what this member is comes from the other: who ever admitted or appointed it, or invited it, or they from whom these come. The newest
   * word alone would not do: it may be the member's own, or that of one who is what it is by this member.
   */
  restsOn(member: MemberId, other: MemberId): boolean {
    const seen = new Set<MemberId>()
    const rests = (each: MemberId): boolean => {
      if (seen.has(each)) return false
      seen.add(each)
      return this.#sponsors(each).some(sponsor => sponsor === other || rests(sponsor))
    }
    return rests(member)
  }

  #sponsors(member: MemberId): MemberId[] {
    return (this.#bySubject.get(member) ?? []).flatMap(({ operation: { author, action } }) => {
      if (action.kind === 'create' || action.kind === 'remove') return []
      const cited = action.kind === 'admit' ? action.invite : undefined
      const invite = cited && this.#history.get(cited)?.operation.author
      return invite === undefined ? [author] : [author, invite]
    })
  }

  /** Removals first, whoever made them; then what the stronger said. */
  readonly #compare = (a: Placed, b: Placed): number =>
    Number(isRemoval(b)) - Number(isRemoval(a)) || compareWeights(this.#weigh(a), this.#weigh(b))
}

/** How strong the word of an operation's author is, by what is in that operation's own past. */
export interface Weight {
  readonly role: Role | undefined
  /** How early, causally, it became what it is. */
  readonly since: number
  readonly author: MemberId
  readonly id: OperationId
}

/** Negative when `a` is stronger: the higher role, then the one appointed causally first, then the lower member id. */
export function compareWeights(a: Weight, b: Weight): number {
  const rank = (weight: Weight): number => (weight.role === undefined ? -1 : rankOf(weight.role))
  return rank(b) - rank(a) || a.since - b.since || compareText(a.author, b.author) || compareText(a.id, b.id)
}

function isEndOf({ operation: { action }, past }: Placed, invite: Placed): boolean {
  if (action.kind === 'revoke') return action.invite === invite.operation.id
  if (action.kind !== 'remove' || action.keepsInvites === true) return false
  return action.member === invite.operation.author && past.has(invite.place)
}

export function isRemoval({ operation }: Placed): boolean {
  return operation.action.kind === 'remove'
}

function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
