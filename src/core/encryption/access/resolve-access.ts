import type { DeviceId, MemberId } from '../../identity/index.ts'
import type { Access, InviteAccess, MemberAccess, RemovedMember } from './access.ts'
import { compareSubjects, excessOf } from './excess.ts'
import { History, isConcurrent, Places, type Placed } from './history.ts'
import { InForce } from './in-force.ts'
import { rankOf, type Operation, type OperationId, type Role } from './operation.ts'
import { forbids } from './rights.ts'
import { isSilenced, keepLeast, lastOf, revocationsIn, revokedOf, silences, type Revocations } from './revocations.ts'
import { compareWeights, isRemoval, Standing, type Weight } from './standing.ts'
import { strongestOfSources } from './strongest-of-sources.ts'

/**
 * What a set of operations comes to: a pure function of the set, whatever the order they came in. Authors and signatures were
 * checked before.
 *
 * 1. The room is what hangs together from its `create`. What knows something that is missing waits; what does not stand above its
 *    device's own previous operation does not count.
 * 2. An operation must be its author's to make by its own past alone: an operation that was allowed when it was made is never
 *    wronged by what its author could not know, but for rules 4 to 7.
 * 3. Roles and what they may: `rights.ts`.
 * 4. A removal or demotion voids what its target did without being known to it, if the new role forbids that; unless a member who
 *    was entitled to do the same, and has not lost that by what is in force, whose standing does not rest on the target, has built on it
 *    without knowing the removal, by a device that was not revoked.
 * 5. Removals that void each other, and revocations with these: the stronger holds, by the remover's role, then by who was appointed
 *    causally first, then by the lower member id. What is void voids nothing.
 * 6. Whoever's standing has fallen with an operation that is void, falls with what they did.
 * 7. Of the admissions that cite one invite so many count as it has uses: one in another's past first, concurrent ones by lower
 *    member id.
 * 8. Of concurrent operations on one member's standing a removal holds before all else, then what the stronger said.
 * 9. A room keeps an owner: when nobody would be one, the one appointed causally first (then the lower member id) stays.
 * 10. Of a member's devices that are not revoked so many count as one may have: those that came causally first, then by the lower id of what
 *     brought them.
 * 11. What a device said that was revoked, and the revocation does not know, is void; but for a revocation that does not know it either: of
 *     two that revoke each other neither stays. It holds whatever the revoked device says of its own member.
 *
 * How many operations of whom are in the set at all: `member-quota.ts`.
 */
export function resolveAccess(operations: Iterable<Operation>, room: OperationId): Access {
  return new Resolver(new History(operations, room)).access()
}

/** A removal names all of them, and so does a commit. */
const MAX_DEVICES_OF_ONE = 16
const NO_REVOCATIONS: Revocations = new Map()

/** What has ended, and is unknown to what it may void. */
interface Ended {
  readonly inForce: InForce
  readonly revocations: Revocations
}

/** A set that is closed downwards. */
interface Part {
  readonly all: readonly Placed[]
  readonly places: Places
}

interface Settled {
  readonly standing: Standing
  readonly stands: readonly Placed[]
  readonly places: Places
  readonly void: ReadonlyMap<Placed, string>
}

class Resolver {
  readonly #history: History
  readonly #settled = new Map<string, Settled>()
  /** By place: each is asked for once for every operation above it. */
  readonly #pasts = new Map<number, Settled>()
  readonly #faults = new Map<number, string | undefined>()
  readonly #weights = new Map<number, Weight>()
  readonly #buildingOn = new Map<number, readonly Placed[]>()

  constructor(history: History) {
    this.#history = history
  }

  access(): Access {
    const { standing, stands, void: voided } = this.#settle(this.#history.everything())
    return {
      members: membersOf(standing, stands),
      removed: removedOf(standing, stands),
      invites: invitesOf(standing, stands),
      ...policyOf(stands, each => this.#weight(each)),
      isClosed: standing.isClosed(),
      pair: standing.pair(),
      stands: new Set(stands.map(({ operation }) => operation.id)),
      void: new Map([...voided].map(([{ operation }, why]) => [operation.id, why]))
    }
  }

  /** What a set that is closed downwards comes to. */
  #settle(places: Places): Settled {
    const key = places.key()
    const known = this.#settled.get(key)
    if (known !== undefined) return known
    const settled = this.#judge({ all: this.#history.all.filter(({ place }) => places.has(place)), places })
    this.#settled.set(key, settled)
    return settled
  }

  #settlePast({ place, past }: Placed): Settled {
    const settled = this.#pasts.get(place) ?? this.#settle(past)
    this.#pasts.set(place, settled)
    return settled
  }

  #judge(set: Part): Settled {
    const excluded = new Map<Placed, string>()
    for (;;) {
      const settled = this.#apply(set, this.#removalsInForce(set, excluded), excluded)
      const before = excluded.size
      for (const each of excessOf(settled.stands)) excluded.set(each, 'its invite was used up')
      if (excluded.size === before)
        for (const each of this.#lastOwnersEnd(settled)) excluded.set(each, 'a room keeps an owner')
      if (excluded.size === before) return settled
    }
  }

  /** Rules 2, 4, 6 and 11, with these removals and demotions in force. */
  #apply(set: Part, inForce: InForce, excluded: ReadonlyMap<Placed, string>): Settled {
    const settled = this.#pass(set, inForce, excluded, NO_REVOCATIONS)
    const revocations = revocationsIn(settled.stands.filter(each => inForce.has(each)))
    return revocations.size === 0 ? settled : this.#pass(set, inForce, excluded, revocations)
  }

  #pass(set: Part, inForce: InForce, excluded: ReadonlyMap<Placed, string>, revocations: Revocations): Settled {
    const voided = new Map<Placed, string>(excluded)
    const stands: Placed[] = []
    const places = new Places(this.#history.all.length)
    for (const each of set.all) {
      const isRevoked = isSilenced(each, revocations)
      const fault = isRevoked ? 'its device was revoked' : this.#fault(set, each, { inForce, revocations })
      const why = excluded.get(each) ?? fault ?? this.#fallen(each, places, voided.size > 0)
      if (why !== undefined) voided.set(each, why)
      else {
        stands.push(each)
        places.add(each.place)
      }
    }
    return { standing: this.#standing(stands), stands, places, void: voided }
  }

  #fault(set: Part, each: Placed, ended: Ended): string | undefined {
    const forbidden = this.#forbidden(each)
    if (forbidden !== undefined) return forbidden
    // What is in force already is not voided by what came into force behind it.
    const isVoid = ended.inForce.against(each).some(removal => this.#voids(set, removal, each, ended))
    return isVoid ? 'its author was removed or demoted' : undefined
  }

  /** Rule 6, where of its past something else stands than it could know. */
  #fallen(each: Placed, standing: Places, isAnyVoid: boolean): string | undefined {
    if (!isAnyVoid && this.#settlePast(each).void.size === 0) return undefined
    if (standing.agrees(each.past, this.#settlePast(each).places)) return undefined
    const known = standing.within(each.past)
    const stands = this.#history.all.filter(({ place }) => known.has(place))
    return forbids(each.operation, this.#standing(stands)) === undefined ? undefined : 'what it rests on does not stand'
  }

  /** By its own past. */
  #forbidden(each: Placed): string | undefined {
    const { place, operation } = each
    if (!this.#faults.has(place)) this.#faults.set(place, forbids(operation, this.#settlePast(each).standing))
    return this.#faults.get(place)
  }

  /** Whether this removal or demotion, in force, voids that operation of its target. */
  #voids(set: Part, removal: Placed, each: Placed, ended: Ended): boolean {
    const { action } = removal.operation
    const { author } = each.operation
    if ((action.kind !== 'remove' && action.kind !== 'role') || action.member !== author) return false
    if (!isConcurrent(removal, each) || each.operation.action.kind === 'create') return false
    // Whoever takes out a device of theirs is not taken out by what that device says of them.
    if (removal.operation.author === author && isRevocation(each)) return false
    if (action.kind === 'role' && !this.#isForbiddenAs(each, author, action.role)) return false
    const builders = this.#builders(each).filter(({ place }) => set.places.has(place))
    return !builders.some(other => this.#protects(other, each, removal, ended))
  }

  /** Whether this author, made less than they were when it was said, might not say it. */
  #isForbiddenAs(each: Placed, author: MemberId, role: Role): boolean {
    const { standing } = this.#settlePast(each)
    const { action } = each.operation
    const view = {
      role: (member: MemberId) => (member === author ? role : standing.role(member)),
      isBanned: (member: MemberId) => standing.isBanned(member),
      owners: () => standing.owners(),
      invite: (id: OperationId) => standing.invite(id),
      isClosed: () => standing.isClosed(),
      pair: () => standing.pair()
    }
    const before = standing.role(author)
    return before !== undefined && rankOf(role) < rankOf(before) && forbids({ author, action }, view) !== undefined
  }

  /** Others than its author who have built on it: of thousands that do not know each other few have. */
  #builders(each: Placed): readonly Placed[] {
    const { author } = each.operation
    const builders =
      this.#buildingOn.get(each.place) ??
      this.#history.all.filter(({ operation, past }) => past.has(each.place) && operation.author !== author)
    this.#buildingOn.set(each.place, builders)
    return builders
  }

  /** Whether `other`, which builds on `each`, keeps it: said without knowing the removal, by a member entitled to do the same. */
  #protects(other: Placed, each: Placed, removal: Placed, { inForce, revocations }: Ended): boolean {
    const { author } = other.operation
    const target = each.operation.author
    if (!isConcurrent(other, removal)) return false
    if (this.#forbidden(other) !== undefined || isSilenced(other, revocations)) return false
    const view = this.#settlePast(each).standing
    const isEntitled = forbids({ author, action: each.operation.action }, view) === undefined
    if (!isEntitled || this.#settlePast(other).standing.restsOn(author, target)) return false
    return !inForce.about(author).some(one => isConcurrent(one, other) && this.#endsRight(one, author, each))
  }

  /** Whether this removal or demotion takes from the member what that operation takes. */
  #endsRight({ operation: { action } }: Placed, member: MemberId, each: Placed): boolean {
    if (action.kind === 'remove') return action.member === member
    return action.kind === 'role' && action.member === member && this.#isForbiddenAs(each, member, action.role)
  }

  /** Rule 5: those removals and demotions that hold, each before those that it is stronger than. */
  #removalsInForce(set: Part, excluded: ReadonlyMap<Placed, string>): InForce {
    // A revocation that silences nothing is in nobody's way, and members make as many as they like.
    const doesEnd = (each: Placed): boolean =>
      isEnd(each) || (isRevocation(each) && set.all.some(other => silences(each, other)))
    let ends = set.all.filter(each => doesEnd(each) && !excluded.has(each) && this.#forbidden(each) === undefined)
    for (;;) {
      const inForce = this.#strongest(set, ends, excluded)
      const { places } = this.#apply(set, inForce, excluded)
      const fallen = new Set(inForce.all().filter(({ place }) => !places.has(place)))
      if (fallen.size === 0) return inForce
      ends = ends.filter(each => !fallen.has(each))
    }
  }

  #strongest(set: Part, ends: readonly Placed[], excluded: ReadonlyMap<Placed, string>): InForce {
    let inForce = new InForce(ends.filter(each => !ends.some(other => isConcurrent(each, other))))
    let open = ends.filter(each => !inForce.has(each))
    while (open.length > 0) {
      const { places } = this.#apply(set, inForce, excluded)
      open = open.filter(({ place }) => places.has(place))
      const attacks = new Map(open.map(each => [each, this.#attacked(set, each, open, inForce, excluded)]))
      const free = open.filter(each => ![...attacks.values()].some(hit => hit.has(each)))
      const next =
        free.length > 0
          ? this.#joint(set, free, inForce, excluded)
          : strongestOfSources(open, attacks, each => this.#weight(each))
      inForce = inForce.and(...next)
      open = open.filter(each => !inForce.has(each))
    }
    return inForce
  }

  /** Of those that none of them has fall alone those that all of them together have not: what protects one may be what another ends. */
  #joint(
    set: Part,
    free: readonly Placed[],
    inForce: InForce,
    excluded: ReadonlyMap<Placed, string>
  ): readonly Placed[] {
    const stands = free.filter(each => {
      const others = free.filter(other => other !== each)
      return this.#apply(set, inForce.and(...others, each), excluded).places.has(each.place)
    })
    return stands.length > 0 ? stands : free
  }

  /** Which of the others would fall if this one were in force, too. */
  #attacked(
    set: Part,
    each: Placed,
    open: readonly Placed[],
    inForce: InForce,
    excluded: ReadonlyMap<Placed, string>
  ): ReadonlySet<Placed> {
    const { places } = this.#apply(set, inForce.and(each), excluded)
    return new Set(open.filter(other => other !== each && !places.has(other.place)))
  }

  /** Rule 9: what ended the owner who stays. */
  #lastOwnersEnd({ standing, stands }: Settled): readonly Placed[] {
    if (standing.owners() > 0 || stands.length === 0) return []
    const grants = stands.filter(isOwnerGrant).toSorted((a, b) => a.depth - b.depth || compareSubjects(a, b))
    for (const { operation } of grants) {
      const member = ownerOf(operation)
      const ends =
        member === undefined ? [] : standing.latest(member).filter(each => isEnd(each) && !isOwnerGrant(each))
      if (ends.length > 0) return ends
    }
    return []
  }

  #standing(stands: readonly Placed[]): Standing {
    return new Standing(this.#history, stands, each => this.#weight(each))
  }

  #weight(each: Placed): Weight {
    const known = this.#weights.get(each.place)
    if (known !== undefined) return known
    const { author, id } = each.operation
    const { standing } = this.#settlePast(each)
    const weight = { role: standing.role(author), since: standing.decisive(author)?.depth ?? 0, author, id }
    this.#weights.set(each.place, weight)
    return weight
  }
}

/** A removal, a departure, or a change of role, which may be a demotion. */
function isEnd({ operation: { action } }: Placed): boolean {
  return action.kind === 'remove' || action.kind === 'role'
}

function isRevocation({ operation }: Placed): boolean {
  return operation.action.kind === 'revoke-device'
}

function isOwnerGrant({ operation }: Placed): boolean {
  return ownerOf(operation) !== undefined
}

function ownerOf({ author, action }: Operation): MemberId | undefined {
  if (action.kind === 'create') return author
  return (action.kind === 'admit' || action.kind === 'role') && action.role === 'owner' ? action.member : undefined
}

function membersOf(standing: Standing, stands: readonly Placed[]): Map<MemberId, MemberAccess> {
  const members = new Map<MemberId, MemberAccess>()
  for (const [member, { role, by }] of standing.members()) {
    const brought: { readonly device: DeviceId; readonly by: Placed }[] = []
    const revoked = revokedOf(member, stands)
    for (const each of stands) {
      const { operation } = each
      const { action, author } = operation
      const owner = action.kind === 'create' ? author : 'device' in action ? action.member : undefined
      if (owner !== member) continue
      if (action.kind === 'create' || action.kind === 'admit' || action.kind === 'device')
        brought.push({ device: action.device, by: each })
    }
    const inOrder = brought.toSorted((a, b) => a.by.depth - b.by.depth || compareSubjects(a.by, b.by))
    const distinct = new Set(inOrder.map(({ device }) => device).filter(device => !revoked.has(device)))
    const devices = new Set([...distinct].slice(0, MAX_DEVICES_OF_ONE))
    const { action } = by.operation
    const named = (action.kind === 'role' ? action.last : undefined) ?? new Map()
    const wrote = role === 'observer' ? lastOf(named, member, stands) : undefined
    members.set(member, { role, devices, revoked, wrote, despite: standing.despite(by) })
  }
  return members
}

function removedOf(standing: Standing, stands: readonly Placed[]): Map<MemberId, RemovedMember> {
  const removed = new Map<MemberId, RemovedMember>()
  const subjects = stands.flatMap(({ operation: { action } }) => (action.kind === 'remove' ? [action.member] : []))
  for (const member of new Set(subjects)) {
    const by = standing.decisive(member)
    if (by === undefined || !isRemoval(by)) continue
    const named = new Map<DeviceId, number>()
    for (const {
      operation: { action }
    } of standing.latest(member)) {
      if (action.kind === 'remove') for (const [device, sequence] of action.last) keepLeast(named, device, sequence)
    }
    const [last, revoked] = [lastOf(named, member, stands), revokedOf(member, stands)]
    const isOwn = by.operation.author === member
    removed.set(member, { by: by.operation.id, isBanned: standing.isBanned(member), isOwn, last, revoked })
  }
  return removed
}

function invitesOf(standing: Standing, stands: readonly Placed[]): Map<OperationId, InviteAccess> {
  const invites = new Map<OperationId, InviteAccess>()
  for (const { operation } of stands) {
    const { id, action } = operation
    if (action.kind !== 'invite') continue
    const { role, expires, uses } = action
    const used = stands.filter(({ operation: { action: each } }) => each.kind === 'admit' && each.invite === id).length
    invites.set(id, { role, expires, uses, used, isRevoked: standing.invite(id) === undefined })
  }
  return invites
}

/** Each setting as the last one said who knew the others; of concurrent ones as the stronger said. */
function policyOf(stands: readonly Placed[], weigh: (each: Placed) => Weight): Pick<Access, 'name' | 'history'> {
  const settings = <T>(of: (each: Placed) => T | undefined): T | undefined => {
    const those = stands.filter(each => of(each) !== undefined)
    const latest = those.filter(each => !those.some(later => later.past.has(each.place)))
    const [first] = latest.toSorted((a, b) => compareWeights(weigh(a), weigh(b)))
    return first && of(first)
  }
  const said = ({ operation: { action } }: Placed) =>
    action.kind === 'create' || action.kind === 'policy' ? action : undefined
  return { name: settings(each => said(each)?.name) ?? '', history: settings(each => said(each)?.history) ?? 'joined' }
}
