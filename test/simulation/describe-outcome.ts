import type { Outcome } from './simulate.ts'

const LAST_STEPS = 30
const FIRST_VIOLATIONS = 8

/** What happened in a seed that failed, short enough to read. */
export function describeOutcome({ seed, violations, trace }: Outcome): string {
  const found = violations.slice(0, FIRST_VIOLATIONS).map(({ kind, text }) => `${kind}: ${text}`)
  return [
    `seed ${seed}, alone: STARLING_SEED=${seed} npx vitest run --project node test/simulation`,
    ...trace.slice(-LAST_STEPS),
    ...found
  ].join('\n')
}
