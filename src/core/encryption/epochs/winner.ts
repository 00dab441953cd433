import { concatBytes, encodeUtf8, expectValue, fromHex, sha256, toHex } from '../../bytes/index.ts'
import type { MemberId } from '../../identity/index.ts'

/**
 * What names an epoch on every branch: 16 bytes of hash, in hex. It follows from the whole claim of the commit that begins it, so that no two
 * claims begin one epoch: else each member would go by the claim that came first.
 */
export type EpochId = string & { readonly __brand: 'EpochId' }

/** A commit that was checked: its committer was a member, and did nothing but what the access-control log justifies. */
export interface Commit {
  readonly parent: EpochId
  /** The epoch that it begins. */
  readonly epoch: EpochId
  readonly committer: MemberId
  /** Whether its committer, and the device that made it, are in still: nobody wins by whom one has removed. */
  readonly counts: boolean
  /** Whether it carries out a removal. */
  readonly removes: boolean
}

/**
 * The epoch that everybody goes on from: a pure function of the set of commits above `root`, in whatever order they came.
 *
 * From `root` on, at each fork: the child above which one path has the most distinct committers who are members, so that nobody wins by
 * making many commits; then the one with such a path that removes somebody; then the lower SHA-256(parent, committer), which nobody can grind by
 * committing again and which favours nobody for long; then the lower epoch.
 *
 * A path is judged as a whole. What is best step by step depends on the order in which steps came, and tears groups apart.
 */
export function winnerOf(root: EpochId, commits: Iterable<Commit>): EpochId {
  const byEpoch = new Map([...commits].map(each => [each.epoch, each]))
  const children = Map.groupBy(byEpoch.values(), ({ parent }) => parent)
  const best = bestPaths(root, byEpoch, children)
  let tip = root
  for (let next = children.get(tip); next !== undefined; next = children.get(tip)) {
    const ranked = next.map(each => ({ each, best: best.get(each.epoch) ?? NOWHERE }))
    tip = ranked.reduce((a, b) => (compare(a, b) <= 0 ? a : b)).each.epoch
  }
  return tip
}

interface Path {
  readonly committers: ReadonlySet<MemberId>
  readonly removes: boolean
}

interface Ranked {
  readonly each: Commit
  readonly best: Path
}

const NOWHERE: Path = { committers: new Set(), removes: false }
/** Paths remembered of each epoch, to leave out those that one of them covers. */
const MAX_REMEMBERED = 8

/**
 * The best of the paths that begin with each commit. All are gone through from their ends down, each as far as none gone through before has all
 * that it has: thousands of commits of a few members, with a fork at each, would cost too much otherwise.
 */
function bestPaths(
  root: EpochId,
  byEpoch: ReadonlyMap<EpochId, Commit>,
  children: ReadonlyMap<EpochId, readonly Commit[]>
): ReadonlyMap<EpochId, Path> {
  const reached = new Set([root])
  for (const epoch of reached) for (const child of children.get(epoch) ?? []) reached.add(child.epoch)
  const remembered = new Map<EpochId, readonly Path[]>()
  for (const end of [...reached].toReversed()) {
    if (children.has(end)) continue
    let path = NOWHERE
    for (let commit = byEpoch.get(end); commit !== undefined; commit = byEpoch.get(commit.parent)) {
      path = withCommit(path, commit)
      const others = remembered.get(commit.epoch) ?? []
      if (others.some(other => covers(other, path))) break
      remembered.set(commit.epoch, [...others, path].toSorted(comparePaths).slice(0, MAX_REMEMBERED))
    }
  }
  return new Map([...remembered].map(([epoch, [best = NOWHERE]]) => [epoch, best]))
}

/** The same path where nothing is new: most commits are by whom others are. */
function withCommit(path: Path, { committer, counts, removes }: Commit): Path {
  const isNew = counts && !path.committers.has(committer)
  if (!isNew && (path.removes || !removes)) return path
  const committers = isNew ? new Set([...path.committers, committer]) : path.committers
  return { committers, removes: path.removes || removes }
}

/** Whether whatever is put before both, the first is as good. */
function covers(a: Path, b: Path): boolean {
  return (
    (a.removes || !b.removes) &&
    b.committers.size <= a.committers.size &&
    [...b.committers].every(each => a.committers.has(each))
  )
}

function compare(a: Ranked, b: Ranked): number {
  return (
    comparePaths(a.best, b.best) ||
    compareText(drawOf(a.each), drawOf(b.each)) ||
    compareText(a.each.epoch, b.each.epoch)
  )
}

/** Negative when `a` is better. */
function comparePaths(a: Path, b: Path): number {
  return b.committers.size - a.committers.size || Number(b.removes) - Number(a.removes)
}

function drawOf({ parent, committer }: Commit): string {
  return toHex(sha256(concatBytes([expectValue(fromHex(parent)), encodeUtf8(committer)])))
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
