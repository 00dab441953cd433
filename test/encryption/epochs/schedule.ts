import type { Operation, OperationId, Role } from '../../../src/core/encryption/access/index.ts'
import type { GroupKeys } from '../../../src/core/encryption/epochs/index.ts'
import type { MemberId } from '../../../src/core/identity/index.ts'
import { seededNumbers, seededRandom } from '../../support/seeded-random.ts'
import { fakeGroupKeys } from './fake-group-keys.ts'
import { Replica, shuffled, type Rules, type World } from './model.ts'

const HOUR = 3_600_000
const ROLES: readonly Role[] = ['admin', 'member', 'member', 'observer', 'owner']

interface Model {
  readonly world: World
  readonly replicas: Replica[]
}

/** Who can hear whom, until it changes. */
type Cells = readonly (readonly Replica[])[]

/** What happens in one room, from a seed: with the fake scheme each time the same; with MLS, whose keys are random, as far as nothing hangs on these. */
export async function play(seed: number, rules: Rules = {}, scheme?: GroupKeys): Promise<readonly Replica[]> {
  const next = seededNumbers(seed)
  const below = (limit: number): number => Math.floor(next() * limit)
  const pick = <T>(all: readonly T[]): T => all[below(all.length)] as T
  const keys = scheme ?? fakeGroupKeys(next)
  const world: World = { keys, random: seededRandom(seed), next, rules, now: 1_790_000_000_000 }
  const model: Model = { world, replicas: [await Replica.found(world, 'm0')] }
  const { replicas } = model
  const admit = async (by: Replica): Promise<void> => {
    const newcomer = await by.admit(`m${replicas.length}`, pick(ROLES))
    if (newcomer !== undefined) replicas.push(newcomer)
  }
  const people = 6 + below(7)
  for (const _ of Array.from({ length: 5 + below(3) })) await admit(replicas[0] as Replica)
  await settle(model)

  const act = async (each: Replica): Promise<void> => {
    const other = pick(replicas)
    const dice = next()
    if (dice < 0.12 && replicas.length < people) await admit(each)
    else if (dice < 0.16) each.say({ kind: 'admit', member: other.member, device: other.device.id, role: pick(ROLES) })
    else if (dice < 0.23) each.say({ kind: 'remove', member: other.member, last: new Map() })
    else if (dice < 0.3) each.say({ kind: 'role', member: other.member, role: pick(ROLES) })
    else if (dice < 0.42) await each.commit()
    else if (dice < 0.6) await each.carryOut()
    else if (dice < 0.66) await each.restart()
    else await each.talk()
  }
  let cells: Cells = [replicas]
  const rounds = 8 + below(33)
  for (let round = 0; round < rounds; round += 1) {
    if (next() < 0.25) cells = cut(replicas, 1 + below(3), next)
    world.now += next() < 0.06 ? (60 + below(400)) * HOUR : below(HOUR)
    for (const each of shuffled(replicas, next).slice(0, 1 + below(3))) await act(each)
    const loss = next() * 0.6
    for (const cell of cells) {
      const [to, from] = [pick(cell), pick(cell)]
      await to.receive(from.log, () => next() >= loss)
    }
    if (next() < 0.2) for (const each of replicas) each.prune()
  }
  await settle(model)
  return replicas
}

function cut(replicas: readonly Replica[], parts: number, next: () => number): Cells {
  const cells: Replica[][] = Array.from({ length: parts }, () => [])
  for (const each of replicas) cells[Math.floor(next() * parts)]?.push(each)
  return cells.filter(({ length }) => length > 0)
}

/** Members of whom a removal stands that nobody knew who let them in. */
function letInUnknowing(each: Replica): MemberId[] {
  const { operations } = each.log
  const { stands, members } = each.access()
  const standing = [...operations.values()].filter(({ id }) => stands.has(id))
  return [...members.keys()].filter(member => {
    const removals = standing.filter(({ action }) => action.kind === 'remove' && action.member === member)
    const entries = standing.filter(({ action }) => action.kind === 'admit' && action.member === member)
    return removals.some(({ id }) => !entries.some(entry => knows(entry, id, operations)))
  })
}

export function knows({ parents }: Operation, id: OperationId, all: ReadonlyMap<OperationId, Operation>): boolean {
  return parents.some(parent => {
    const operation = all.get(parent)
    return parent === id || (operation !== undefined && knows(operation, id, all))
  })
}

const MAX_TURNS = 60

class NotSettledError extends Error {}

/** The devices of a room once all have met; undefined when they never come to rest. Any other failure is one of the test. */
export async function settledOf(seed: number, rules: Rules): Promise<readonly Replica[] | undefined> {
  try {
    return await play(seed, rules)
  } catch (thrown) {
    if (thrown instanceof NotSettledError) return undefined
    throw thrown
  }
}

/** All meet, and do what is left to do, until nothing is. */
async function settle({ world, replicas }: Model): Promise<void> {
  for (let turn = 0; turn < MAX_TURNS; turn += 1) {
    for (const to of replicas) for (const from of replicas) if (from !== to) await to.receive(from.log, () => true)
    if (!(await anythingLeft(world, replicas))) return
  }
  throw new NotSettledError(`not settled after ${MAX_TURNS} turns`)
}

async function anythingLeft(world: World, replicas: readonly Replica[]): Promise<boolean> {
  const members = shuffled(
    replicas.filter(each => each.isMember()),
    world.next
  )
  const behind = members.find(each => each.isBehind())
  const helper = members.find(each => each.isIn())
  if (behind !== undefined) {
    if (helper !== undefined) await behind.rejoin(helper)
    else await behind.commit()
    return true
  }
  for (const each of members) if (await each.carryOut()) return true
  // Who waits for others to build on what it cannot open does so for a while only.
  if (members.some(each => !each.isIn())) {
    world.now += HOUR
    return members.some(each => each.isBehind())
  }
  return members.filter(each => members.filter(other => each.askForKeys(other)).length > 0).length > 0
}

/** What is wrong once all have met. */
export function faultsOf(replicas: readonly Replica[]): string[] {
  const faults: string[] = []
  const members = replicas.filter(each => each.isMember())
  const tell = (each: Replica): string =>
    JSON.stringify([...each.access().members].map(([who, { role }]) => `${who} ${role}`).toSorted())
  const [first] = members
  if (first === undefined) return ['nobody is left']
  for (const who of letInUnknowing(first)) faults.push(`${who} is in, though removed`)
  const devices = [...first.access().members.values()].flatMap(each => [...each.devices]).toSorted()
  const words = new Map(replicas.flatMap(each => [...each.log.words]))
  for (const each of members) {
    if (tell(each) !== tell(first)) faults.push(`${each.member} sees other members`)
    if (each.winner().epoch !== first.winner().epoch) faults.push(`${each.member} sees another winner`)
    if (!each.isIn()) faults.push(`${each.member} is not in`)
    if (each.devicesAtTip().toSorted().join() !== devices.join()) faults.push(`${each.member} has others in its group`)
    for (const said of words.values()) {
      if (members.some(one => one.canRead(said)) && !each.canRead(said))
        faults.push(`${each.member} cannot read ${said.id}`)
    }
  }
  for (const said of words.values()) {
    if (said.shutOut.some(device => first.devicesAt(said.epoch).has(device)))
      faults.push(`${said.id} can be read by who is out`)
    if (first.access().members.has(said.author) && !first.canRead(said)) faults.push(`nobody can read ${said.id}`)
  }
  return faults
}

export type Sum = Readonly<Record<'epochs' | 'forks' | 'rejoins' | 'words' | 'removed', number>>

/** How much happened in a room. */
export function sumOf(replicas: readonly Replica[]): Sum {
  const [founder] = replicas
  if (founder === undefined) throw new Error('an empty room')
  const { claims, words } = founder.log
  return {
    epochs: claims.size,
    forks: claims.size - new Set([...claims.values()].map(({ parent }) => parent)).size,
    rejoins: replicas.reduce((sum, each) => sum + each.rejoins, 0),
    words: words.size,
    removed: founder.access().removed.size
  }
}

export function addUp(sums: readonly Sum[]): Sum {
  return sums.reduce((a, b) => ({
    epochs: a.epochs + b.epochs,
    forks: a.forks + b.forks,
    rejoins: a.rejoins + b.rejoins,
    words: a.words + b.words,
    removed: a.removed + b.removed
  }))
}
