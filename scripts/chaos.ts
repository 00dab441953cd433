// `npm run chaos -- --minutes N [--peers N] [--seed N]`: peers that talk while a third of them is killed again and again.
import { runCampaign } from '../test/chaos/campaign.ts'
import { readOptions } from './read-options.ts'

const { values } = readOptions('chaos', {
  options: {
    minutes: { type: 'string', default: '5' },
    peers: { type: 'string', default: '8' },
    seed: { type: 'string', default: '1' }
  }
})

function positive(name: keyof typeof values): number {
  const number = Number(values[name])
  if (Number.isFinite(number) && number > 0) return number
  process.stderr.write(`chaos: --${name} ${values[name]}: not a positive number\n`)
  process.exit(2)
}

const result = await runCampaign({
  peers: positive('peers'),
  duration: positive('minutes') * 60_000,
  seed: positive('seed'),
  report: line => process.stdout.write(`${line}\n`)
})
const { acknowledged, kills, messages, lost, isAgreed } = result
process.stdout.write(`${acknowledged} acknowledged, ${messages} shown, ${kills} kills, ${lost.length} lost\n`)
for (const each of lost) process.stdout.write(`lost: ${each}\n`)
if (!isAgreed) process.stdout.write('the peers do not show the same messages in the same order\n')
process.exitCode = lost.length === 0 && isAgreed ? 0 : 1
