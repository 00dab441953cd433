import {
  resolveAccess,
  type Access,
  type Action,
  type Operation,
  type OperationId
} from '../../../src/core/encryption/access/index.ts'
import type { DeviceId, MemberId } from '../../../src/core/identity/index.ts'

/** What an operation says, but for the fields that a story fills in. */
type Said = Exclude<Action, { kind: 'create' }>

/** The operations of a room, made by members of whom each knows what it was told. */
export class RoomStory {
  readonly operations = new Map<OperationId, Operation>()
  readonly room = 'op-000' as OperationId
  readonly #previous = new Map<MemberId, OperationId>()
  readonly #known = new Map<MemberId, Set<OperationId>>()
  #count = 0

  /** @param other of a direct conversation: who alone may come in */
  constructor(founder: string, other?: string) {
    const direct = other === undefined ? {} : { other: member(other) }
    const create = { kind: 'create', device: deviceOf(founder), name: 'Loft', history: 'joined', ...direct } as const
    this.#add(member(founder), create, [])
  }

  /** This member says so, knowing all that is there, or only what it was told. */
  say(author: string, said: Said): OperationId {
    const known = this.knownTo(author)
    const heads = [...known].filter(id => ![...known].some(other => this.pastOf(other).has(id)))
    return this.#add(member(author), said, heads)
  }

  admit(
    author: string,
    newcomer: string,
    role: 'owner' | 'admin' | 'member' | 'observer' = 'member',
    invite?: OperationId
  ) {
    const cited = invite === undefined ? {} : { invite }
    const id = this.say(author, { kind: 'admit', member: member(newcomer), device: deviceOf(newcomer), role, ...cited })
    this.#known.set(member(newcomer), new Set(this.knownTo(author)))
    return id
  }

  remove(author: string, target: string, more: { bans?: boolean; keepsInvites?: boolean } = {}): OperationId {
    return this.say(author, { kind: 'remove', member: member(target), last: new Map([[deviceOf(target), 7]]), ...more })
  }

  role(author: string, target: string, role: 'owner' | 'admin' | 'member' | 'observer'): OperationId {
    return this.say(author, { kind: 'role', member: member(target), role })
  }

  /** From now on these know all that any of them knows; without names, everybody does. */
  meet(...names: string[]): void {
    const all = names.length === 0 ? [...this.#known.keys()] : names.map(member)
    const shared = new Set(all.flatMap(each => [...(this.#known.get(each) ?? [])]))
    for (const each of all) this.#known.set(each, new Set(shared))
  }

  knownTo(name: string): ReadonlySet<OperationId> {
    return this.#known.get(member(name)) ?? new Set([this.room])
  }

  pastOf(id: OperationId): Set<OperationId> {
    const past = new Set<OperationId>()
    const next = [...(this.operations.get(id)?.parents ?? [])]
    for (let each = next.pop(); each !== undefined; each = next.pop()) {
      if (past.has(each)) continue
      past.add(each)
      next.push(...(this.operations.get(each)?.parents ?? []))
    }
    return past
  }

  access(): Access {
    return resolveAccess(this.operations.values(), this.room)
  }

  /** Names and roles, as text. */
  roles(access = this.access()): string {
    return [...access.members]
      .map(([each, { role }]) => `${each} ${role}`)
      .toSorted()
      .join(', ')
  }

  #add(author: MemberId, action: Action, parents: readonly OperationId[]): OperationId {
    const id = `op-${String(this.#count).padStart(3, '0')}` as OperationId
    this.#count += 1
    this.operations.set(id, {
      id,
      author,
      device: deviceOf(author),
      parents,
      previous: this.#previous.get(author),
      action
    })
    this.#previous.set(author, id)
    const known = this.#known.get(author) ?? new Set<OperationId>()
    this.#known.set(author, known.add(id))
    return id
  }
}

export function member(name: string): MemberId {
  return name as MemberId
}

export function deviceOf(name: string): DeviceId {
  return `${name}'s device` as DeviceId
}
