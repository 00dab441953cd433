import { describe, expect, test } from 'vitest'
import { DROPPED_RANGE, EARLY_ACKNOWLEDGEMENT, UNSTABLE_SORT } from './planted.ts'
import { simulate, type Outcome, type Planted } from './simulate.ts'
import type { ViolationKind } from './oracle.ts'
import { describeOutcome } from './describe-outcome.ts'

/** Seeds that once failed. */
const PINNED: readonly number[] = [145, 23]
const QUICK = Array.from({ length: 16 }, (_, index) => index + 1)
/** `STARLING_SEED=7 vitest run --project node test/simulation` runs one alone. */
const CHOSEN = process.env['STARLING_SEED']
const SEEDS = CHOSEN === undefined ? [...PINNED, ...QUICK] : [Number(CHOSEN)]
/** Seeds within which a planted bug must show. */
const PATIENCE = 12

describe('rooms whose members crash, split, leave and come back', () => {
  test.for(SEEDS)('with seed %d, all show the same at the end, and nothing acknowledged is lost', async seed => {
    const outcome = await simulate(seed)
    if (outcome.violations.length > 0) throw new Error(describeOutcome(outcome))
    expect(outcome.sent).toBeGreaterThan(0)
  })

  test('the same seed is the same story', async () => {
    const [once, again] = [await simulate(3), await simulate(3)]
    expect(again).toEqual(once)
  })
})

describe('the simulation finds', () => {
  test('an acknowledgement before the write', async () => {
    expect(kindsOf(await firstFailure(EARLY_ACKNOWLEDGEMENT))).toContain('early')
  })

  test('a message that is lost by it', async () => {
    expect(kindsOf(await firstFailure({ ...EARLY_ACKNOWLEDGEMENT, trustsDisk: true }))).toContain('lost')
  })

  test('a range that nobody is given', async () => {
    const found = kindsOf(await firstFailure(DROPPED_RANGE))
    expect(found.has('disagreement') || found.has('gap')).toBe(true)
  })

  test('an unstable sort', async () => {
    expect(kindsOf(await firstFailure(UNSTABLE_SORT))).toContain('disagreement')
  })
})

async function firstFailure(planted: Planted): Promise<Outcome> {
  for (let seed = 1; seed <= PATIENCE; seed += 1) {
    const outcome = await simulate(seed, planted)
    if (outcome.violations.length > 0) return outcome
  }
  throw new Error(`${PATIENCE} seeds did not find it`)
}

function kindsOf({ violations }: Outcome): Set<ViolationKind> {
  return new Set(violations.map(({ kind }) => kind))
}
