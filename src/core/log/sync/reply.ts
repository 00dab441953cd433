import { equalBytes } from '../../bytes/index.ts'
import type { EntryId } from '../entry.ts'
import { boundBelow, HIGHEST } from './bound.ts'
import { append, EMPTY_DRAFT, idsUntilFull, isFull, type Draft } from './draft.ts'
import { fingerprintOf, type SyncRange } from './negentropy-message.ts'
import { readItems, readSum, type Reading, type Span } from './reading.ts'
import { split } from './split.ts'
import type { SyncBound, SyncItem } from './sync-set.ts'

/** What one message comes to: the answer to it, and for the initiator the differences that it settled. */
export interface Reply {
  readonly draft: Draft
  readonly found: Found
}

export interface Found {
  /** Here, not there, in order. */
  readonly have: readonly SyncItem[]
  /** There, not here. */
  readonly need: readonly NeededId[]
}

export interface NeededId {
  readonly id: EntryId
  /** The entry lies below this place. */
  readonly below: SyncBound
}

export interface ReplyRules {
  readonly role: 'initiator' | 'responder'
  /** Where the session begins. */
  readonly from: SyncBound
  readonly frameBytes: number
}

/** Items read at a time where the other side lists what it has. */
const PAGE_ITEMS = 1024
/** As many ids as the bytes of a session hold; what there is more of is found by the next one. */
const MAX_FOUND = 131_072
const NOTHING_FOUND: Found = { have: [], need: [] }
const EMPTY_FINGERPRINT = fingerprintOf({ count: 0, sum: 0n })

/** How far a message is worked off. */
interface Progress {
  /** Ranges of the message that are left. */
  readonly left: readonly SyncRange[]
  /** Where the first of them begins. */
  readonly lower: SyncBound
  /** Whether what lies just below needs no answer and the draft does not say so yet. */
  readonly skipping: boolean
  readonly draft: Draft
  readonly found: Found
}

/** The answer to these ranges of a message. */
export function replyTo(ranges: readonly SyncRange[], rules: ReplyRules): Reading<Reply> {
  return goOn({ left: ranges, lower: rules.from, skipping: false, draft: EMPTY_DRAFT, found: NOTHING_FOUND }, rules)
}

/** An initiator's first message. */
export function openingOf(from: SyncBound): Reading<Reply> {
  return readSum({ lower: from, upper: HIGHEST }, ({ count }) =>
    split({ lower: from, upper: HIGHEST }, count, ranges => ({
      kind: 'value',
      value: { draft: append(EMPTY_DRAFT, ranges), found: NOTHING_FOUND }
    }))
  )
}

function goOn(progress: Progress, rules: ReplyRules): Reading<Reply> {
  const [range, ...left] = progress.left
  if (range === undefined) return { kind: 'value', value: progress }
  const next = { ...progress, left }
  if (range.kind === 'skip') return goOn(skipped(next, range.upper), rules)
  if (range.kind === 'fingerprint') return compare(next, range, rules)
  return rules.role === 'initiator' ? settle(next, range, rules) : list(next, range, rules)
}

function skipped(progress: Progress, upper: SyncBound): Progress {
  return { ...progress, lower: upper, skipping: true }
}

function compare(
  progress: Progress,
  range: Extract<SyncRange, { kind: 'fingerprint' }>,
  rules: ReplyRules
): Reading<Reply> {
  const span = { lower: progress.lower, upper: range.upper }
  return readSum(span, sum => {
    if (equalBytes(fingerprintOf(sum), range.fingerprint)) return goOn(skipped(progress, range.upper), rules)
    return split(span, sum.count, ranges => {
      const draft = append(progress.draft, [...skipUnsaid(progress), ...ranges])
      if (!isFull(draft, rules.frameBytes)) {
        return goOn({ ...progress, lower: range.upper, skipping: false, draft }, rules)
      }
      // As the reference, name what lies above the range only, though the other side looks from where the draft ends: it
      // takes the difference for one. But where it has nothing it would find none, and never learn of our items in the range.
      const isEmptyThere = equalBytes(range.fingerprint, EMPTY_FINGERPRINT)
      return leaveRest(progress, isEmptyThere ? span.lower : span.upper)
    })
  })
}

/** The initiator compares what the responder listed with what is here. */
function settle(progress: Progress, range: Extract<SyncRange, { kind: 'ids' }>, rules: ReplyRules): Reading<Reply> {
  const theirs = new Set(range.ids)
  return readAll({ lower: progress.lower, upper: range.upper }, [], ours => {
    const here = new Set(ours.map(({ id }) => id))
    const have = ours.filter(({ id }) => !theirs.has(id))
    const need = [...theirs].filter(id => !here.has(id)).map(id => ({ id, below: range.upper }))
    const found = {
      have: [...progress.found.have, ...have].slice(-MAX_FOUND),
      need: [...progress.found.need, ...need].slice(-MAX_FOUND)
    }
    return goOn({ ...skipped(progress, range.upper), found }, rules)
  })
}

function readAll<T>(
  span: Span,
  before: readonly SyncItem[],
  then: (items: readonly SyncItem[]) => Reading<T>
): Reading<T> {
  return readItems(span, PAGE_ITEMS + 1, page => {
    const items = [...before, ...page.slice(0, PAGE_ITEMS)].slice(-MAX_FOUND)
    const next = page[PAGE_ITEMS]
    return next === undefined ? then(items) : readAll({ lower: boundBelow(next), upper: span.upper }, items, then)
  })
}

/** The responder lists what it has, as far as it fits. */
function list(progress: Progress, range: Extract<SyncRange, { kind: 'ids' }>, rules: ReplyRules): Reading<Reply> {
  const fitting = idsUntilFull(progress.draft, rules.frameBytes)
  return readItems({ lower: progress.lower, upper: range.upper }, fitting + 1, items => {
    const beyond = items[fitting]
    const upper = beyond === undefined ? range.upper : boundBelow(beyond)
    const ids = items.slice(0, fitting).map(({ id }) => id)
    const draft = append(progress.draft, [...skipUnsaid(progress), { kind: 'ids', upper, ids }])
    const next = { ...progress, lower: upper, skipping: false, draft }
    return isFull(draft, rules.frameBytes) ? leaveRest(next, upper) : goOn(next, rules)
  })
}

/** The draft is full: one fingerprint stands for the rest, and the next message goes on from there. */
function leaveRest(progress: Progress, lower: SyncBound): Reading<Reply> {
  return readSum({ lower, upper: HIGHEST }, sum => {
    const rest = { kind: 'fingerprint', upper: HIGHEST, fingerprint: fingerprintOf(sum) } as const
    return { kind: 'value', value: { draft: append(progress.draft, [rest]), found: progress.found } }
  })
}

function skipUnsaid({ skipping, lower }: Progress): SyncRange[] {
  return skipping ? [{ kind: 'skip', upper: lower }] : []
}
