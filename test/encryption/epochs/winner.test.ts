import { expect, test } from 'vitest'
import { encodeUtf8, expectValue, fromHex, sha256, toHex } from '../../../src/core/bytes/index.ts'
import { winnerOf, type Commit, type EpochId } from '../../../src/core/encryption/epochs/index.ts'
import type { MemberId } from '../../../src/core/identity/index.ts'
import { seededNumbers } from '../../support/seeded-random.ts'

const SEEDS = 2000
const ROOT = '00'.repeat(16) as EpochId
const MEMBER = 'aa' as MemberId
const MEMBERS = ['aa', 'bb', 'cc', 'dd', 'ee', 'ff'] as MemberId[]

/** The rule once more, in other words: all paths are written out, and the best of all is followed. */
function referenceWinner(root: EpochId, commits: readonly Commit[]): EpochId {
  const paths: Commit[][] = []
  const walk = (tip: EpochId, path: Commit[]): void => {
    const next = commits.filter(each => each.parent === tip)
    if (next.length === 0) paths.push(path)
    for (const each of next) walk(each.epoch, [...path, each])
  }
  walk(root, [])
  let [candidates, depth] = [paths, 0]
  for (;;) {
    const score = (path: Commit[]): number => {
      const rest = path.slice(depth)
      return (
        new Set(rest.flatMap(each => (each.counts ? each.committer : []))).size * 2 +
        Number(rest.some(({ removes }) => removes))
      )
    }
    const going = candidates.filter(path => path.length > depth)
    if (going.length === 0) return candidates[0]?.at(depth - 1)?.epoch ?? root
    // The best path through each child, then the draw between the children.
    const best = Math.max(...going.map(score))
    const steps = going.filter(path => score(path) === best).flatMap(path => path[depth] ?? [])
    const draw = ({ parent, committer, epoch }: Commit): string =>
      toHex(sha256(Uint8Array.of(...expectValue(fromHex(parent)), ...encodeUtf8(committer)))) + epoch
    const chosen = steps.toSorted((a, b) => (draw(a) < draw(b) ? -1 : 1))[0]
    candidates = going.filter(path => path[depth]?.epoch === chosen?.epoch)
    depth += 1
  }
}

function epochNamed(name: string): EpochId {
  return toHex(sha256(encodeUtf8(name))).slice(0, 32) as EpochId
}

/** Commits on commits, some on the same ones. */
function wildCommits(seed: number): Commit[] {
  const next = seededNumbers(seed)
  const below = (limit: number): number => Math.floor(next() * limit)
  const epochs = [ROOT]
  return Array.from({ length: 1 + below(24) }, () => {
    const parent = epochs[Math.max(0, epochs.length - 1 - below(4))] ?? ROOT
    const epoch = epochNamed(String(next()))
    epochs.push(epoch)
    const who = below(6)
    return { parent, epoch, committer: MEMBERS[who] ?? MEMBER, counts: who !== 5, removes: next() < 0.2 }
  })
}

function shuffled<T>(all: readonly T[], seed: number): T[] {
  const next = seededNumbers(seed)
  return all
    .map(each => [next(), each] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, each]) => each)
}

/** Each step for itself: the child with the most committers so far. */
function stepByStep(root: EpochId, commits: readonly Commit[]): EpochId {
  const seen = new Map<EpochId, Set<MemberId>>([[root, new Set()]])
  let tip = root
  for (const each of commits) {
    const known = seen.get(each.parent)
    if (known === undefined) continue
    const here = new Set([...known, each.committer])
    seen.set(each.epoch, here)
    if (here.size > (seen.get(tip)?.size ?? 0)) tip = each.epoch
  }
  return tip
}

test(`of ${SEEDS} sets of commits one winner comes out, in whatever order they came, and by another reading of the rule`, () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const commits = wildCommits(seed)
    const winner = winnerOf(ROOT, commits)
    expect([seed, winnerOf(ROOT, shuffled(commits, seed))]).toEqual([seed, winner])
    expect([seed, referenceWinner(ROOT, commits)]).toEqual([seed, winner])
  }
})

test('what goes by the order in which commits came is found out', () => {
  const torn = Array.from({ length: 200 }, (_, seed) => wildCommits(seed)).filter((commits, seed) => {
    return stepByStep(ROOT, commits) !== stepByStep(ROOT, shuffled(commits, seed))
  })
  expect(torn.length).toBeGreaterThan(0)
})

function commit(parent: EpochId, name: string, committer: string, removes = false): Commit {
  return { parent, epoch: epochNamed(name), committer: committer as MemberId, counts: true, removes }
}

test('nobody wins by making many commits, nor by making one again and again', () => {
  const honest = commit(ROOT, 'a', 'aa')
  const second = commit(honest.epoch, 'b', 'bb')
  let flood = [commit(ROOT, 'f', 'ff')]
  for (let count = 0; count < 50; count += 1) flood = [...flood, commit(flood.at(-1)?.epoch ?? ROOT, `f${count}`, 'ff')]
  expect(winnerOf(ROOT, [...flood, honest, second])).toBe(second.epoch)

  const other = commit(ROOT, 'x', 'ff')
  const winner = winnerOf(ROOT, [honest, other])
  const ground = Array.from({ length: 200 }, (_, count) => commit(ROOT, `again ${count}`, 'ff'))
  const isHonest = winner === honest.epoch
  expect(winnerOf(ROOT, [honest, other, ...ground]) === honest.epoch).toBe(isHonest)
  // A removal is not put off by a commit made beside it.
  const removal = commit(ROOT, 'r', 'cc', true)
  expect(winnerOf(ROOT, [honest, other, removal])).toBe(removal.epoch)
})

test('who makes the epoch below over and over has the draw above it fall as they like, until a second member builds beside', () => {
  let [won, ground] = [0, 0]
  for (let round = 0; round < 200; round += 1) {
    const epochs = Array.from({ length: 64 }, (_, tried) => commit(ROOT, `${round} ${tried}`, 'ff').epoch)
    const isWonAbove = (parent: EpochId): boolean => {
      const [own, rival] = [commit(parent, 'own', 'ff'), commit(parent, 'rival', 'bb')]
      return winnerOf(parent, [own, rival]) === own.epoch
    }
    if (epochs.slice(0, 1).some(isWonAbove)) won += 1
    const chosen = epochs.find(isWonAbove)
    if (chosen === undefined) continue
    ground += 1
    const [own, rival] = [commit(chosen, 'own', 'ff'), commit(chosen, 'rival', 'bb')]
    const second = commit(rival.epoch, 'second', 'cc')
    expect(winnerOf(chosen, [own, rival, second])).toBe(second.epoch)
  }
  expect(won).toBeGreaterThan(60)
  expect(won).toBeLessThan(140)
  expect(ground).toBe(200)
})

test('as many commits as a room takes, by two who are one, with a fork at each, hold nobody up', () => {
  const commits: Commit[] = []
  let parent = ROOT
  for (let step = 0; step < 8191; step += 1) {
    const committer = (step % 2 === 0 ? 'ee' : 'ff') as MemberId
    for (const name of ['on', 'aside'])
      commits.push({ parent, epoch: epochNamed(`${name} ${step}`), committer, counts: true, removes: false })
    parent = commits.at(-2)?.epoch ?? ROOT
  }
  // A third who goes on from the very end.
  const epoch = 'ab'.repeat(16) as EpochId
  commits.push({ parent, epoch, committer: 'aa' as MemberId, counts: true, removes: false })
  expect(winnerOf(ROOT, commits)).toBe(epoch)
}, 10_000)
