import { expect, test } from 'vitest'
import { resolveAccess, type Operation, type OperationId } from '../../../src/core/encryption/access/index.ts'
import type { Commit, EpochId } from '../../../src/core/encryption/epochs/index.ts'
import { mlsGroupKeys } from '../../../src/core/encryption/mls/index.ts'
import type { MemberId } from '../../../src/core/identity/index.ts'
import type { Rules } from './model.ts'
import { addUp, faultsOf, knows, play, settledOf, sumOf, type Sum } from './schedule.ts'

const SEEDS = 2000
/** One costs some seconds. More of both kinds by `npm run soak`. */
const MLS_SEEDS = 10
test(`in ${SEEDS} rooms all agree in the end: on members, roles, the epoch and all that was said`, async () => {
  const sums: Sum[] = []
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const replicas = await play(seed)
    expect({ seed, faults: faultsOf(replicas) }).toEqual({ seed, faults: [] })
    sums.push(sumOf(replicas))
  }
  const all = addUp(sums)
  // Else nothing would be shown by it.
  expect(all).toMatchObject({ epochs: atLeast(8 * SEEDS), forks: atLeast(SEEDS), rejoins: atLeast(SEEDS / 10) })
  expect(all).toMatchObject({ words: atLeast(8 * SEEDS), removed: atLeast(SEEDS) })
}, 480_000)

test(`in ${MLS_SEEDS} rooms they agree with MLS, too`, async () => {
  const keys = await mlsGroupKeys()
  const sums: Sum[] = []
  for (let seed = 1; seed <= MLS_SEEDS; seed += 1) {
    const replicas = await play(seed, {}, keys)
    expect({ seed, faults: faultsOf(replicas) }).toEqual({ seed, faults: [] })
    sums.push(sumOf(replicas))
  }
  const { forks, rejoins, removed } = addUp(sums)
  expect({ forks, rejoins, removed }).toEqual({ forks: atLeast(MLS_SEEDS), rejoins: atLeast(1), removed: atLeast(1) })
}, 480_000)

function atLeast(count: number) {
  return expect.toSatisfy((value: number) => value >= count, `${count} or more`)
}

const mistakes: [name: string, rules: Rules][] = [
  ['the time at which a commit came breaks ties', { winner: firstToCome }],
  ['the best child is taken instead of the best path', { winner: bestChild }],
  ['an admission beats a removal', { resolve: admissionsFirst }]
]

test.each(mistakes)(
  'it is found out when %s',
  async (_, rules) => {
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const replicas = await settledOf(seed, rules)
      if (replicas === undefined || faultsOf(replicas).length > 0) return
    }
    expect.fail(`not in ${SEEDS} rooms`)
  },
  480_000
)

/** By the best path, as it should be; of equal ones the one that came first. */
function firstToCome(root: EpochId, commits: Iterable<Commit>): EpochId {
  const all = [...commits]
  const score = (path: readonly Commit[]): number =>
    2 * new Set(path.flatMap(each => (each.counts ? each.committer : []))).size +
    Number(path.some(({ removes }) => removes))
  const best = (tip: EpochId, path: readonly Commit[]): number =>
    Math.max(score(path), ...all.filter(({ parent }) => parent === tip).map(each => best(each.epoch, [...path, each])))
  const ranked = all.filter(({ parent }) => parent === root).map(each => [each, best(each.epoch, [each])] as const)
  const next = ranked.toSorted(([, a], [, b]) => b - a)[0]?.[0]
  return next === undefined ? root : firstToCome(next.epoch, all)
}

/** Step by step, with the committers seen so far: what is best depends on what came first. */
function bestChild(root: EpochId, commits: Iterable<Commit>): EpochId {
  const seen = new Map<EpochId, Set<MemberId>>([[root, new Set()]])
  let tip = root
  for (const { parent, epoch, committer } of commits) {
    const here = new Set([...(seen.get(parent) ?? []), committer])
    seen.set(epoch, here)
    if (here.size > (seen.get(tip)?.size ?? 0)) tip = epoch
  }
  return tip
}

function admissionsFirst(operations: Iterable<Operation>, room: OperationId) {
  const all = [...operations]
  const access = resolveAccess(all, room)
  const members = new Map(access.members)
  for (const { id, action } of all) {
    if (action.kind !== 'admit' || !access.stands.has(id) || members.has(action.member)) continue
    const removal = access.removed.get(action.member)?.by
    const byId = new Map(all.map(each => [each.id, each]))
    const removed = removal && byId.get(removal)
    if (removed && !knows(removed, id, byId)) {
      members.set(action.member, {
        role: action.role,
        devices: new Set([action.device]),
        revoked: new Map(),
        wrote: undefined,
        despite: new Set()
      })
    }
  }
  return { ...access, members }
}
