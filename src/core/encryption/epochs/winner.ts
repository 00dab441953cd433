import { concatBytes, encodeUtf8, expectValue, fromHex, sha256, toHex } from '../../bytes/index.ts'
import type { MemberId } from '../../identity/index.ts'

/** What names an epoch on every branch: 16 bytes of hash, in hex; MLS's own number does not. */
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
  /** SHA-256 of its bytes, in hex. */
  readonly hash: string
}

/**
 * The epoch that everybody goes on from: a pure function of the set of commits above `root`, in whatever order they came.
 *
 * From `root` on, at each fork: the child above which one path has the most distinct committers who are members, so that nobody wins by
 * making many commits; then the one with such a path that removes somebody; then the lower SHA-256(parent, committer), which nobody can grind by
 * committing again and which favours nobody for long; then the lower hash of the commit.
 *
 * A path is judged as a whole. What is best step by step depends on the order in which steps came, and tears groups apart.
 */
export function winnerOf(root: EpochId, commits: Iterable<Commit>): EpochId {
  // An epoch's id follows from its commit; were there two of one, the paths through both would multiply.
  const byEpoch = new Map([...commits].toSorted((x, y) => compareText(y.hash, x.hash)).map(each => [each.epoch, each]))
  const children = Map.groupBy(byEpoch.values(), ({ parent }) => parent)
  const seen = new Set<EpochId>()
  let tip = root
  for (;;) {
    // A commit that claims an epoch below its own parent leads nowhere new.
    seen.add(tip)
    const [first, ...others] = (children.get(tip) ?? []).filter(({ epoch }) => !seen.has(epoch))
    if (first === undefined) return tip
    const ranked = [first, ...others].map(each => ({ each, best: bestPath(each, children, seen) }))
    tip = ranked.reduce((a, b) => (compare(a, b) <= 0 ? a : b)).each.epoch
  }
}

interface Path {
  readonly committers: number
  readonly removes: boolean
}

interface Ranked {
  readonly each: Commit
  readonly best: Path
}

/** The best of the paths that begin with this commit. */
function bestPath(from: Commit, children: ReadonlyMap<EpochId, readonly Commit[]>, below: ReadonlySet<EpochId>): Path {
  let best: Path = { committers: 0, removes: false }
  const committers = new Map<MemberId, number>()
  const epochs = new Set(below)
  const open: { readonly commit: Commit; isDone: boolean }[] = [{ commit: from, isDone: false }]
  let removals = 0
  for (let step = open.at(-1); step !== undefined; step = open.at(-1)) {
    const { committer, counts, epoch, removes } = step.commit
    const count = committers.get(committer) ?? 0
    if (step.isDone) {
      open.pop()
      epochs.delete(epoch)
      if (removes) removals -= 1
      if (count <= 1) committers.delete(committer)
      else committers.set(committer, count - 1)
      continue
    }
    step.isDone = true
    epochs.add(epoch)
    if (removes) removals += 1
    if (counts) committers.set(committer, count + 1)
    const path = { committers: committers.size, removes: removals > 0 }
    if (comparePaths(path, best) < 0) best = path
    for (const commit of children.get(epoch) ?? []) if (!epochs.has(commit.epoch)) open.push({ commit, isDone: false })
  }
  return best
}

function compare(a: Ranked, b: Ranked): number {
  return (
    comparePaths(a.best, b.best) || compareText(drawOf(a.each), drawOf(b.each)) || compareText(a.each.hash, b.each.hash)
  )
}

/** Negative when `a` is better. */
function comparePaths(a: Path, b: Path): number {
  return b.committers - a.committers || Number(b.removes) - Number(a.removes)
}

function drawOf({ parent, committer }: Commit): string {
  return toHex(sha256(concatBytes([expectValue(fromHex(parent)), encodeUtf8(committer)])))
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
