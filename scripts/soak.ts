// `npm run soak -- --minutes N [--from SEED]`: simulated rooms, one seed after the other, until one fails or time is up.
import { parseArgs } from 'node:util'
import { describeOutcome } from '../test/simulation/describe-outcome.ts'
import { simulate } from '../test/simulation/simulate.ts'

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '5' }, from: { type: 'string', default: '1' } }
})
const [minutes, from] = [Number(values.minutes), Number(values.from)]
if (!(minutes > 0) || !Number.isSafeInteger(from)) {
  process.stderr.write('soak: --minutes is a positive number, --from a whole one\n')
  process.exit(2)
}

const end = Date.now() + minutes * 60_000
let [seed, hours, sent] = [from, 0, 0]
for (; Date.now() < end; seed += 1) {
  const outcome = await simulate(seed)
  hours += outcome.hours
  sent += outcome.sent
  process.stdout.write(`seed ${seed}: ${outcome.hours.toFixed(1)} h, ${outcome.sent} sent\n`)
  if (outcome.violations.length === 0) continue
  process.stdout.write(`${describeOutcome(outcome)}\n`)
  process.exitCode = 1
  break
}
process.stdout.write(
  `seeds ${from} to ${seed - (process.exitCode === 1 ? 0 : 1)}: ${hours.toFixed(0)} virtual hours, ${sent} messages\n`
)
