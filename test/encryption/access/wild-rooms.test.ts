import { expect, test } from 'vitest'
import {
  resolveAccess,
  ROLES,
  type Access,
  type Action,
  type Operation,
  type OperationId
} from '../../../src/core/encryption/access/index.ts'
import type { MemberId } from '../../../src/core/identity/index.ts'
import { seededNumbers } from '../../support/seeded-random.ts'
import { deviceOf, member } from './room-of.ts'

const SEEDS = 1000
const PEOPLE = ['Ada', 'Bob', 'Cy', 'Dee', 'Eve', 'Fay', 'Gil', 'Hal']
const STEPS = 40

type Numbers = () => number

/** A room in which everybody says whatever comes to mind, with what they happen to know; most of it is allowed. */
function wildRoom(next: Numbers): { operations: Operation[]; room: OperationId } {
  const below = (limit: number): number => Math.floor(next() * limit)
  const pick = <T>(all: readonly T[]): T => all[below(all.length)] as T
  const operations: Operation[] = []
  const known = new Map<string, Set<Operation>>()
  const previous = new Map<string, OperationId>()
  // Ids do not sort as the operations came.
  const newId = (): OperationId => next().toString(16).slice(2).padEnd(13, '0') as OperationId
  const add = (author: string, action: Action): void => {
    const mine = known.get(author) ?? new Set(operations.slice(0, 1))
    const heads = [...mine].filter(each => ![...mine].some(other => other.parents.includes(each.id)))
    const parents = heads.map(({ id }) => id)
    const said = { author: member(author), device: deviceOf(author), previous: previous.get(author), action }
    const operation = { id: newId(), parents, ...said }
    operations.push(operation)
    previous.set(author, operation.id)
    known.set(author, mine.add(operation))
  }
  const randomAction = (author: string): Action => {
    const [other, role, dice] = [pick(PEOPLE), pick(ROLES), next()]
    const invites = operations.filter(({ action }) => action.kind === 'invite').map(({ id }) => id)
    if (dice < 0.3) {
      const invite = next() < 0.4 && invites.length > 0 ? { invite: pick(invites) } : {}
      return { kind: 'admit', member: member(other), device: deviceOf(other), role, ...invite }
    }
    if (dice < 0.5) return { kind: 'remove', member: member(other), last: new Map(), bans: next() < 0.2 }
    if (dice < 0.7) return { kind: 'role', member: member(other), role }
    if (dice < 0.8) return { kind: 'invite', role: pick(['member', 'observer']), expires: 9, uses: 1 + below(2) }
    if (dice < 0.85 && invites.length > 0) return { kind: 'revoke', invite: pick(invites) }
    if (dice < 0.92)
      return { kind: 'device', member: member(next() < 0.5 ? author : other), device: deviceOf(`${other} ${below(9)}`) }
    if (dice < 0.95)
      return { kind: 'revoke-device', member: member(next() < 0.5 ? author : other), device: deviceOf(other), last: 0 }
    return { kind: 'policy', name: `room ${below(9)}` }
  }
  add('Ada', { kind: 'create', device: deviceOf('Ada'), name: 'Loft', history: 'all' })
  for (const each of ['Bob', 'Cy', 'Dee']) {
    add('Ada', {
      kind: 'admit',
      member: member(each),
      device: deviceOf(each),
      role: pick(['owner', 'admin', 'member'])
    })
  }
  for (const each of PEOPLE.slice(0, 4)) known.set(each, new Set(operations))
  for (let step = 0; step < STEPS; step += 1) {
    const author = pick(PEOPLE.slice(0, 4 + below(5)))
    add(author, randomAction(author))
    const [one, two] = [pick(PEOPLE), pick(PEOPLE)]
    const both = new Set([...(known.get(one) ?? []), ...(known.get(two) ?? [])])
    if (next() < 0.5) for (const each of [one, two]) known.set(each, new Set(closed(both, operations)))
  }
  return { operations, room: operations[0]?.id ?? newId() }
}

/** With each operation all that it knows: they come in no other way. */
function closed(some: ReadonlySet<Operation>, all: readonly Operation[]): Operation[] {
  const byId = new Map(all.map(each => [each.id, each]))
  const found = new Set<Operation>()
  const next = [...some]
  for (let each = next.pop(); each !== undefined; each = next.pop()) {
    if (found.has(each)) continue
    found.add(each)
    next.push(...each.parents.flatMap(id => byId.get(id) ?? []))
  }
  return [...found]
}

function shuffled<T>(all: readonly T[], next: Numbers): T[] {
  return all
    .map(each => [next(), each] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, each]) => each)
}

/** All of it, as text in one order. */
function told({ members, removed, invites, name, void: voided }: Access): string[] {
  return [
    ...[...members].map(([each, { role, devices }]) => `${each} ${role} ${[...devices].toSorted().join()}`),
    ...[...removed].map(([each, { by, isBanned }]) => `${each} removed by ${by} ${isBanned}`),
    ...[...invites].map(([each, { used, isRevoked }]) => `${each} used ${used} ${isRevoked}`),
    ...[...voided].map(([each, why]) => `${each} void: ${why}`),
    name
  ].toSorted()
}

test(`in ${SEEDS} wild rooms all come to the same, whatever order the operations came in`, () => {
  let [removals, voids] = [0, 0]
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const next = seededNumbers(seed)
    const { operations, room } = wildRoom(next)
    const access = resolveAccess(operations, room)
    expect([seed, ...told(resolveAccess(shuffled(operations, next), room))]).toEqual([seed, ...told(access)])
    expect({ seed, faults: faultsOf(access, operations, room) }).toEqual({ seed, faults: [] })
    removals += access.removed.size
    voids += access.void.size
  }
  expect(removals).toBeGreaterThan(SEEDS)
  expect(voids).toBeGreaterThan(SEEDS)
}, 120_000)

function faultsOf(access: Access, operations: readonly Operation[], room: OperationId): string[] {
  const faults: string[] = []
  const roles = [...access.members.values()].map(({ role }) => role)
  if (!roles.includes('owner')) faults.push('a room without an owner')
  for (const each of access.removed.keys()) if (access.members.has(each)) faults.push(`${each} is in and out`)
  for (const [each, { used, uses }] of access.invites) if (used > uses) faults.push(`${each} was used too often`)
  const standing = operations.filter(({ id }) => access.stands.has(id))
  for (const each of access.members.keys()) {
    const isIn = standing.some(({ author, action }) =>
      action.kind === 'create' ? author === each : action.kind === 'admit' && action.member === each
    )
    if (!isIn) faults.push(`nobody admitted ${each}`)
  }
  for (const each of standing) {
    const past = closed(new Set([each]), operations).filter(one => one !== each)
    if (each.id !== room && !wasIn(each.author, past, room)) faults.push(`${each.id} by an outsider`)
  }
  return faults
}

function wasIn(author: MemberId, past: readonly Operation[], room: OperationId): boolean {
  return resolveAccess(past, room).members.has(author)
}
