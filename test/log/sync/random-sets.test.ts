import { expect, test } from 'vitest'
import type { SyncItem } from '../../../src/core/log/index.ts'
import { seededNumbers } from '../../support/seeded-random.ts'
import { itemOf, MemorySet } from './memory-set.ts'
import { reconcile, Side } from './reconcile.ts'

const PAIRS = 1000
const LARGEST = 100_000
/** What the largest sets need when one side has nothing: more than one session may. */
const LIMITS = { rounds: 1000, bytes: 2 ** 30 }
const START = 1_790_000_000_000

test('of 1,000 random pairs of sets with millisecond times, exactly what each side lacks is found', async () => {
  for (let seed = 1; seed <= PAIRS; seed += 1) {
    const { ours, theirs, frameBytes } = randomPair(seed)
    const here = new MemorySet(ours)
    const there = new MemorySet(theirs)
    const initiator = new Side(here, { role: 'initiator', frameBytes, limits: LIMITS })
    await reconcile(initiator, new Side(there, { role: 'responder', frameBytes, limits: LIMITS }))
    const outcome = {
      seed,
      ended: initiator.ended,
      wrong: wrongIds(initiator.have, idsOf(ours, there)) + wrongIds(initiator.need, idsOf(theirs, here))
    }
    expect(outcome).toEqual({ seed, ended: { kind: 'done' }, wrong: 0 })
  }
}, 240_000)

/** Most pairs are small, one in a hundred large; the differences are at the end, scattered, or all there is. */
function randomPair(seed: number): { ours: SyncItem[]; theirs: SyncItem[]; frameBytes: number } {
  const next = seededNumbers(seed)
  const below = (limit: number): number => Math.floor(next() * limit)
  const size = seed % 100 === 0 ? LARGEST : below(10 ** (1 + below(3)))
  const msEach = [0, 0.01, 1, 1000][below(4)] ?? 1
  const shared = [0, 0.5, 0.99, 0.9999, 1][below(5)] ?? 1
  const isAtEnd = below(2) === 0
  const ours: SyncItem[] = []
  const theirs: SyncItem[] = []
  for (let index = 0; index < size; index += 1) {
    const item = itemOf(START + Math.floor(index * msEach), randomId(next))
    const isShared = isAtEnd ? index < size * shared : next() < shared
    const whose = isShared ? 'both' : below(2) === 0 ? 'ours' : 'theirs'
    if (whose !== 'theirs') ours.push(item)
    if (whose !== 'ours') theirs.push(item)
  }
  return { ours, theirs, frameBytes: size < 10_000 && below(2) === 0 ? 4096 : 65_536 }
}

function randomId(next: () => number): Uint8Array {
  const words = Uint32Array.from({ length: 8 }, () => next() * 2 ** 32)
  return new Uint8Array(words.buffer)
}

function idsOf(items: readonly SyncItem[], other: MemorySet): Set<string> {
  return new Set(items.filter(({ id }) => !other.has(id)).map(({ id }) => id))
}

/** How many ids were found wrongly or missed. */
function wrongIds(found: readonly string[], expected: ReadonlySet<string>): number {
  const distinct = new Set(found)
  const right = [...distinct].filter(id => expected.has(id)).length
  return distinct.size - right + expected.size - right
}
