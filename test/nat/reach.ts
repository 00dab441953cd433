// `npm run reach -- [--runs N] [--relays 1|2] [--pairs A:B,...] [--stock] [--write FILE] [-- FLAGS of starling up]`: who reaches whom by which way, through
// kernel NATs. Without --pairs all of them.
import { writeFile } from 'node:fs/promises'
import process from 'node:process'
import { parseArgs } from 'node:util'
import type { NatKind } from './lab/nat-kind.ts'
import { NatLab, whyNoNats, type Host } from './lab/nat-lab.ts'
import { stockTrial } from './stock/stock-trial.ts'
import { launch, meetAndTalk, type Trial } from './trial.ts'

const KINDS: readonly NatKind[] = [
  'open',
  'full-cone',
  'address-restricted',
  'port-restricted',
  'double',
  'symmetric-sequential',
  'symmetric-random',
  'udp-blocked',
  'only-443'
]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '1' },
    relays: { type: 'string', default: '2' },
    pairs: { type: 'string' },
    stock: { type: 'boolean', default: false },
    write: { type: 'string' }
  }
})
const [runs, relayCount] = [Number(values.runs), Number(values.relays)]
const missing = whyNoNats()
if (missing !== undefined || !(runs > 0) || !(relayCount > 0)) {
  process.stderr.write(`reach: ${missing ?? '--runs and --relays are positive numbers'}\n`)
  process.exit(missing === undefined ? 2 : 1)
}

const lines = [
  `| pair | talk | direct | way | to a connection | to the better way | messages | lost | twice |${values.stock ? ' stock js-libp2p |' : ''}`
]
lines.push(lines[0]?.replaceAll(/[^|]+/g, '---') ?? '')
for (const line of lines) process.stdout.write(`${line}\n`)
for (const pair of pairs()) {
  const line = await tryPair(pair)
  lines.push(line)
  process.stdout.write(`${line}\n`)
}
if (values.write !== undefined) await writeFile(values.write, `${lines.join('\n')}\n`)

function pairs(): [NatKind, NatKind][] {
  if (values.pairs === undefined)
    return KINDS.flatMap((a, index) => KINDS.slice(index).map((b): [NatKind, NatKind] => [a, b]))
  return values.pairs.split(',').map(text => {
    const [a, b] = text.split(':').map(kind => KINDS.find(each => each === kind))
    if (a !== undefined && b !== undefined) return [a, b]
    process.stderr.write(`reach: ${text} is no pair of ${KINDS.join(', ')}\n`)
    process.exit(2)
  })
}

async function tryPair([a, b]: [NatKind, NatKind]): Promise<string> {
  const lab = new NatLab()
  const ends: (() => Promise<void>)[] = []
  try {
    const relayHosts = Array.from({ length: relayCount }, (_, index) => lab.host(`relay-${index + 1}`, 'open'))
    const addresses = await Promise.all(
      relayHosts.map(async host => {
        const tcp = `/ip4/${host.address}/tcp/443`
        const { running, end } = await launch(host, [
          'relay',
          '--listen',
          tcp,
          '--announce',
          tcp,
          '--http',
          '127.0.0.1:0',
          '--no-mdns'
        ])
        ends.push(end)
        return (await running.ready()).addresses.find(address => address.startsWith(tcp)) ?? tcp
      })
    )
    const bootstrap = addresses.flatMap(address => ['--bootstrap', address])
    const hosts: [Host, Host] = [lab.host('anna', a), lab.host('bob', b)]
    const trials: Trial[] = []
    for (let run = 0; run < runs; run += 1) trials.push(await meetAndTalk(hosts, [...bootstrap, ...positionals]))
    const stock = values.stock ? ` ${await stockOf(lab, hosts)} |` : ''
    return row(`${a} – ${b}`, trials) + stock
  } finally {
    await Promise.all(ends.map(end => end()))
    lab.remove()
  }
}

async function stockOf(lab: NatLab, hosts: [Host, Host]): Promise<string> {
  const outcomes: string[] = []
  const relay = lab.host('stock-relay', 'open')
  for (let run = 0; run < runs; run += 1) outcomes.push(await stockTrial(relay, hosts).catch(() => 'none'))
  return `${outcomes.filter(each => each === 'direct').length}/${runs} direct, ${outcomes.filter(each => each === 'none').length} not at all`
}

function row(pair: string, trials: readonly Trial[]): string {
  const count = (fits: (trial: Trial) => boolean): string => `${trials.filter(fits).length}/${trials.length}`
  const sum = (of: (trial: Trial) => number): number => trials.reduce((total, trial) => total + of(trial), 0)
  const middle = (of: (trial: Trial) => number | undefined): string => {
    const all = trials.flatMap(trial => of(trial) ?? []).toSorted((x, y) => x - y)
    const found = all[Math.floor(all.length / 2)]
    return found === undefined ? '–' : `${(found / 1000).toFixed(1)} s`
  }
  const ways = [...new Set(trials.map(({ path }) => path))].join(', ')
  const isDirect = ({ path }: Trial): boolean => path !== 'relayed' && path !== 'none'
  return `| ${pair} | ${count(trial => trial.talked)} | ${count(isDirect)} | ${ways} | ${middle(t => t.connectedAfter)} | ${middle(t => t.upgradedAfter)} | ${sum(t => t.sent)} | ${sum(t => t.lost)} | ${sum(t => t.twice)} |`
}
