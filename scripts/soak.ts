// `npm run soak -- --minutes N [--from SEED] [--only KIND]`: one seed after the other, until one fails or time is up. By turns, or of one kind alone:
// `peers`, whole peers on virtual time; `keys`, the epochs and members of private rooms with a fake scheme of group keys; `mls`, the same with MLS.
import { mlsGroupKeys } from '../src/core/encryption/mls/index.ts'
import { faultsOf, play, sumOf } from '../test/encryption/epochs/schedule.ts'
import { describeOutcome } from '../test/simulation/describe-outcome.ts'
import { simulate } from '../test/simulation/simulate.ts'
import { readOptions } from './read-options.ts'

interface Played {
  /** What happened, in a line. */
  readonly story: string
  /** What went wrong, for reading; undefined when nothing did. */
  readonly fault: string | undefined
}

const mls = await mlsGroupKeys()
const kinds: Record<string, (seed: number) => Promise<Played>> = {
  peers: async seed => {
    const outcome = await simulate(seed)
    const story = `${outcome.hours.toFixed(1)} virtual hours, ${outcome.sent} messages`
    return { story, fault: outcome.violations.length === 0 ? undefined : describeOutcome(outcome) }
  },
  keys: seed => playKeys(seed, 'keys'),
  mls: seed => playKeys(seed, 'mls')
}

async function playKeys(seed: number, kind: 'keys' | 'mls'): Promise<Played> {
  const replicas = await play(seed, {}, kind === 'mls' ? mls : undefined)
  const { epochs, forks, rejoins, words } = sumOf(replicas)
  const story = `${replicas.length} devices, ${epochs} epochs, ${forks} forks, ${rejoins} rejoins, ${words} messages`
  const faults = faultsOf(replicas)
  return { story, fault: faults.length === 0 ? undefined : faults.join('\n') }
}

const { values } = readOptions('soak', {
  options: {
    minutes: { type: 'string', default: '5' },
    from: { type: 'string', default: '1' },
    only: { type: 'string' }
  }
})
const [minutes, from] = [Number(values.minutes), Number(values.from)]
const chosen = Object.entries(kinds).filter(([kind]) => values.only === undefined || values.only === kind)
if (!(minutes > 0) || !Number.isSafeInteger(from) || chosen.length === 0) {
  process.stderr.write('soak: --minutes is a positive number, --from a whole one, --only peers, keys or mls\n')
  process.exit(2)
}

const end = Date.now() + minutes * 60_000
let ran = 0
for (let seed = from; Date.now() < end && process.exitCode === undefined; seed += 1) {
  for (const [kind, run] of chosen) {
    const { story, fault } = await run(seed).catch((thrown: unknown) => ({ story: 'cut off', fault: String(thrown) }))
    process.stdout.write(`${kind} ${seed}: ${story}\n`)
    ran += 1
    if (fault === undefined) continue
    process.stdout.write(`${fault}\nalone: npm run soak -- --only ${kind} --from ${seed}\n`)
    process.exitCode = 1
  }
}
process.stdout.write(`${ran} runs from seed ${from}, ${process.exitCode === 1 ? 'the last failed' : 'none failed'}\n`)
