import { CappedMap } from '../bytes/index.ts'
import type { MemberId } from '../identity/index.ts'
import type { Access, MemberAccess } from './access/index.ts'

/** How many entries of one kind a room takes. */
export interface QuotaLimits {
  /** Of an owner or admin. */
  readonly leader: number
  /** Of anybody else who is in, or was. */
  readonly other: number
  /** Of all others who are in, together. */
  readonly others: number
}

export interface QuotaDeps {
  /** The room as it is now. */
  readonly access: () => Access
  /** As it was when that was asked for last, which costs nothing. */
  readonly accessBefore: () => Access | undefined
  /** Who first brought a device of a member that was not known before. */
  readonly broughtBy: ReadonlyMap<MemberId, MemberId>
}

/** Entries that are looked for because another stands above them. */
const MAX_WANTED = 16_384

interface Entry<Id> {
  /** Told from all others by this. */
  readonly entry: string
  /** What stands above it knows it by this. */
  readonly id: Id
  readonly author: MemberId
  /** It was taken before. */
  readonly isStored: boolean
}

interface Used {
  readonly access: Access
  readonly byMember: Map<MemberId, number>
  others: number
}

/**
 * How much of a room's log each member can fill, so that nobody takes the places of another.
 *
 * 1. Whoever is in, or was, has places of their own: owners and admins many, others few. A device says no more than that by itself.
 * 2. The others who are in are limited together, too, as one who shows an invite lets anybody in. Owners and admins are not, and so can always
 *    remove whoever fills the log; whoever is out takes nobody's place.
 * 3. Who is in by nothing that counts takes the places of who brought them.
 * 4. What stands below something that has its place is taken all the same, and counts with the member who said what stands above, once
 *    more as much as they may say themselves; once its author is out with that one, up to what one may say who is. So what one device took of a
 *    member who has said too much, and another did not, comes to be taken by all as soon as somebody builds on it; a removal voids the rest, and
 *    whoever built on a flood is heard when its makers are removed.
 */
export class MemberQuota<Id extends string> {
  readonly #limits: QuotaLimits
  readonly #deps: QuotaDeps
  readonly #counted = new Set<string>()
  readonly #said = new Map<MemberId, number>()
  /** By whose account it was taken on, then by whose it is: of what came beyond all places, the former's own. */
  readonly #carried = new Map<MemberId, Map<MemberId, number>>()
  /** On whose account what is not here may be taken. */
  readonly #wanted = new CappedMap<Id, ReadonlySet<MemberId>>(MAX_WANTED)
  /** What stands above something that is not here, and above what. */
  readonly #lacking = new CappedMap<Id, readonly Id[]>(MAX_WANTED)
  #used: Used | undefined
  #hasNewWants = false

  constructor(limits: QuotaLimits, deps: QuotaDeps) {
    this.#limits = limits
    this.#deps = deps
  }

  /** Gives an entry its place; false when there is none. */
  take({ entry, id, author, isStored }: Entry<Id>): boolean {
    if (this.#counted.has(entry)) return true
    if (isStored) {
      this.count(entry, author)
      return true
    }
    const before = this.#deps.accessBefore()
    const isTaken = (before && this.#tryTake(author, id, before)) || this.#tryTake(author, id, this.#deps.access())
    if (isTaken) this.#counted.add(entry)
    return isTaken
  }

  /** Counts what has its place already. */
  count(entry: string, author: MemberId): void {
    this.#counted.add(entry)
    this.#add(author)
  }

  /** Whether there is a place for what this member says, or where only so much of their places is to be used. */
  hasPlace(author: MemberId, share = 1): boolean {
    return this.#hasPlace(author, this.#deps.access(), share)
  }

  /** Something stands above these, which are not here; on whose account they may be taken: its author's if it has a place, and theirs who want it. */
  lacks(ids: readonly Id[], above: Id, author: MemberId): ReadonlySet<MemberId> {
    this.#lacking.set(above, ids)
    const access = this.#deps.accessBefore() ?? this.#deps.access()
    const own = this.#hasPlace(author, access) ? [this.#accountable(author, access)] : []
    const by = new Set([...own, ...(this.#wanted.get(above) ?? [])])
    this.want(ids, by)
    return by
  }

  /** These are not here, and may be taken on these members' account, with what they stand above. */
  want(ids: readonly Id[], by: ReadonlySet<MemberId>): void {
    const next = [...ids]
    for (let id = next.pop(); id !== undefined; id = next.pop()) {
      const before = this.#wanted.get(id) ?? new Set<MemberId>()
      const after = this.#accountsOf(new Set([...before, ...by]))
      if ([...after].every(each => before.has(each))) continue
      this.#wanted.set(id, after)
      this.#hasNewWants = true
      next.push(...(this.#lacking.get(id) ?? []))
    }
  }

  /** As many as can pay: owners and admins, and of the others, who are limited together, those that fill all that these have. */
  #accountsOf(by: ReadonlySet<MemberId>): ReadonlySet<MemberId> {
    const enough = Math.ceil(this.#limits.others / this.#limits.other)
    if (by.size <= enough) return by
    const { members } = this.#deps.accessBefore() ?? this.#deps.access()
    const leaders = [...by].filter(each => isLeader(members.get(each)))
    const others = [...by].filter(each => !isLeader(members.get(each)))
    const inFirst = others.toSorted((a, b) => Number(members.has(b)) - Number(members.has(a)))
    return new Set([...leaders, ...inFirst.slice(0, enough)])
  }

  /** Whether since this was asked before something has come to be wanted that may have had no place. */
  takeNewWants(): boolean {
    const hasNewWants = this.#hasNewWants
    this.#hasNewWants = false
    return hasNewWants
  }

  #tryTake(author: MemberId, id: Id, access: Access): boolean {
    if (this.#hasPlace(author, access)) this.#add(author)
    else if (!this.#tryCarry(author, this.#wanted.get(id) ?? [], access)) return false
    this.#wanted.delete(id)
    this.#lacking.delete(id)
    return true
  }

  #hasPlace(author: MemberId, access: Access, share = 1): boolean {
    const { byMember, others } = this.#usedBy(access)
    const member = this.#accountable(author, access)
    const limit = this.#limitOf(member, access)
    if ((byMember.get(member) ?? 0) >= limit * share) return false
    return !this.#isLimitedTogether(member, access) || others < this.#limits.others
  }

  /** On the account of one of these who want it. */
  #tryCarry(author: MemberId, wanting: Iterable<MemberId>, access: Access): boolean {
    const of = this.#accountable(author, access)
    const others = [...wanting].filter(by => by !== of)
    const isOut = access.removed.has(of)
    const [first] = others
    if (isOut && first !== undefined && this.#carriedOf(of) < this.#limits.other) {
      this.#carry(first, of, access)
      return true
    }
    const by = others.find(each => this.#mayCarry(each, access))
    if (by !== undefined) this.#carry(by, isOut ? by : of, access)
    return by !== undefined
  }

  #mayCarry(by: MemberId, access: Access): boolean {
    if (this.#carriedBy(by, access) >= this.#limitOf(by, access)) return false
    return !this.#isLimitedTogether(by, access) || this.#usedBy(access).others < this.#limits.others
  }

  #carriedBy(by: MemberId, { removed }: Access): number {
    let carried = 0
    for (const [of, count] of this.#carried.get(by) ?? []) if (!removed.has(of) || of === by) carried += count
    return carried
  }

  #carriedOf(of: MemberId): number {
    let carried = 0
    for (const [by, counts] of this.#carried) if (by !== of) carried += counts.get(of) ?? 0
    return carried
  }

  #add(author: MemberId): void {
    this.#said.set(author, (this.#said.get(author) ?? 0) + 1)
    if (this.#used === undefined) return
    const { access, byMember } = this.#used
    const member = this.#accountable(author, access)
    byMember.set(member, (byMember.get(member) ?? 0) + 1)
    if (this.#isLimitedTogether(member, access)) this.#used.others += 1
  }

  #carry(by: MemberId, of: MemberId, access: Access): void {
    const counts = this.#carried.get(by) ?? new Map<MemberId, number>()
    this.#carried.set(by, counts.set(of, (counts.get(of) ?? 0) + 1))
    const isCounted = by === of || !access.removed.has(of)
    if (isCounted && this.#isLimitedTogether(by, access)) this.#usedBy(access).others += 1
  }

  #usedBy(access: Access): Used {
    if (this.#used?.access === access) return this.#used
    const byMember = new Map<MemberId, number>()
    for (const [author, count] of this.#said) {
      const member = this.#accountable(author, access)
      byMember.set(member, (byMember.get(member) ?? 0) + count)
    }
    let others = 0
    for (const member of access.members.keys()) {
      if (!this.#isLimitedTogether(member, access)) continue
      others += Math.min(byMember.get(member) ?? 0, this.#limits.other) + this.#carriedBy(member, access)
    }
    this.#used = { access, byMember, others }
    return this.#used
  }

  /** Rule 3. */
  #accountable(author: MemberId, { members, removed }: Access): MemberId {
    let member = author
    for (
      let by = this.#deps.broughtBy.get(member);
      by !== undefined && by !== member;
      by = this.#deps.broughtBy.get(by)
    ) {
      if (members.has(member) || removed.has(member)) break
      member = by
    }
    return member
  }

  #limitOf(member: MemberId, access: Access): number {
    return isLeader(access.members.get(member)) ? this.#limits.leader : this.#limits.other
  }

  #isLimitedTogether(member: MemberId, access: Access): boolean {
    const found = access.members.get(member)
    return found !== undefined && !isLeader(found)
  }
}

function isLeader(member: MemberAccess | undefined): boolean {
  return member?.role === 'owner' || member?.role === 'admin'
}
